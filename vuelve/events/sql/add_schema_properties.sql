-- Purpose: add what the sample's properties hold. Rows: the distinct properties of the sample's names.
-- Index: events_schema_property's primary key. Sorted, so that two workers do not deadlock.
INSERT INTO events_schema_property AS p
SELECT * FROM pg_temp.schema_found ORDER BY shop_id, kind, name, property
ON CONFLICT (shop_id, kind, name, property) DO UPDATE SET
    first_at = least(p.first_at, excluded.first_at), last_at = greatest(p.last_at, excluded.last_at),
    texts = p.texts + excluded.texts, numbers = p.numbers + excluded.numbers, booleans = p.booleans + excluded.booleans,
    times = p.times + excluded.times, lists = p.lists + excluded.lists, objects = p.objects + excluded.objects,
    empties = p.empties + excluded.empties
