-- Purpose: the properties of one event name, the fullest first. Rows: up to SCHEMA_PROPERTIES_MAX.
-- Index: events_schema_property's primary key, events_promoted's primary key.
SELECT p.property, p.first_at, p.last_at, p.texts, p.numbers, p.booleans, p.times, p.lists, p.objects, p.empties,
       m.value_type AS promoted_as
FROM events_schema_property p
LEFT JOIN events_promoted m ON m.shop_id = p.shop_id AND m.event_name = p.name AND m.property = p.property AND p.kind = 1
WHERE p.shop_id = %(shop)s AND p.kind = %(kind)s AND p.name = %(name)s
ORDER BY p.texts + p.numbers + p.booleans + p.times + p.lists + p.objects DESC, p.property
