-- Purpose: events that are no identify calls and name a phone. Rows: few of a batch, or all orders of one.
-- No index: a temporary table, whose texts are searched at some 2 GB/s.
SELECT seq, shop_id, properties::text, context::text
FROM pg_temp.event_batch
WHERE kind <> %(identify)s AND customer_id IS NULL AND phone IS NULL
  AND (strpos(properties::text, '"phone"') > 0 OR strpos(context::text, '"phone"') > 0)
