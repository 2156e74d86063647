-- Purpose: `Segment Entered` and `Segment Left` for what changed, in its transaction. Rows: changes. Index: none.
-- The key holds the transaction: the same customer may come and go any number of times, in one transaction once.
INSERT INTO pg_temp.event_staged (shop_id, name, occurred_at, message_id, customer_id, properties)
SELECT %(shop)s, CASE WHEN c.has_entered THEN 'Segment Entered' ELSE 'Segment Left' END, %(now)s,
       'segment:' || c.segment_id || ':' || c.customer_id || ':' || c.has_entered || ':' || pg_current_xact_id(), c.customer_id,
       json_build_object('segment_id', c.segment_id::text, 'segment', s.name)
FROM pg_temp.segment_change c JOIN segments_segment s ON s.shop_id = %(shop)s AND s.id = c.segment_id
ORDER BY c.customer_id, c.segment_id
