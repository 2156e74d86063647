-- Purpose: updates that waited for the order which this batch brings are read again, as if they came with it.
-- Rows: few. Index: commerce_order_update's primary key.
INSERT INTO pg_temp.event_batch (shop_id, seq, xid, kind, origin, historical, customer_id, occurred_at, received_at, name,
    source, message_id, properties)
SELECT u.shop_id, u.event_seq, 0, 1, 0, t.historical, u.node_id, u.said_at, u.said_at, 'Order Updated', '', u.message_id,
       u.properties
FROM pg_temp.commerce_touch t
JOIN commerce_order_update u ON u.shop_id = t.shop_id AND u.customer_id = t.customer_id AND u.order_id = t.order_id
WHERE t.is_claimed AND NOT t.is_fresh AND t.claim_rank = 1 AND (u.said_at, u.message_id) > (t.claimed_at, t.claimed_by)
  AND NOT EXISTS (SELECT FROM pg_temp.event_batch b WHERE b.seq = u.event_seq)
RETURNING seq
