-- Purpose: remember the newest `Order Updated` of each order. Rows: the updated orders of a batch.
-- Index: commerce_order_update's primary key.
INSERT INTO commerce_order_update AS u (shop_id, customer_id, node_id, order_id, said_at, message_id, event_seq, properties)
SELECT DISTINCT ON (h.shop_id, h.order_id) h.shop_id, t.customer_id, t.node_id, h.order_id, h.at, h.message_id, h.seq,
       b.properties
FROM pg_temp.commerce_order_in h
JOIN pg_temp.commerce_touch t ON t.shop_id = h.shop_id AND t.order_id = h.order_id
JOIN pg_temp.event_batch b ON b.seq = h.seq
WHERE h.claim_rank = 2 AND h.reason IS NULL
ORDER BY h.shop_id, h.order_id, h.at DESC, h.message_id DESC
ON CONFLICT (shop_id, customer_id, order_id) DO UPDATE SET
    said_at = excluded.said_at, message_id = excluded.message_id, event_seq = excluded.event_seq,
    properties = excluded.properties
WHERE (u.said_at, u.message_id) < (excluded.said_at, excluded.message_id)
