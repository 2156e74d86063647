-- Purpose: remember the orders of a batch; returns those that this import had not met before.
-- Rows: up to CSV_BATCH_ROWS. Index: events_import_key's primary key. ORDER BY: writers in the same order.
INSERT INTO events_import_key (shop_id, import_id, key)
SELECT %(shop)s, %(import)s, key FROM (SELECT DISTINCT md5(k)::uuid AS key FROM unnest(%(keys)s::text[]) AS k) AS keys ORDER BY key
ON CONFLICT DO NOTHING
RETURNING replace(key::text, '-', '')
