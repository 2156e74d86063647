-- Purpose: note orders that something is about before they were told of. Rows: 1. Index: the primary key.
-- Before they are looked for: an order that is being noted at this moment is then waited for, and found.
INSERT INTO events_store_object (shop_id, store_id, kind, object_id, told_at, is_awaited)
SELECT %(shop)s, %(store)s, 'orders', o, '-infinity', true FROM unnest(%(orders)s::text[]) AS o ORDER BY o
ON CONFLICT DO NOTHING
