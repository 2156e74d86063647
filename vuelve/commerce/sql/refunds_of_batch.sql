-- Purpose: all refunds of the batch's orders, in their order. Rows: few. Index: commerce_refund's primary key.
SELECT r.shop_id, r.order_id, r.refund_id, r.currency, r.requested, r.lines::text AS lines, r.event_seq, r.customer_id, r.node_id
FROM pg_temp.commerce_touch t
JOIN commerce_refund r ON r.shop_id = t.shop_id AND r.customer_id = t.customer_id AND r.order_id = t.order_id
ORDER BY r.shop_id, r.order_id, r.refunded_at, r.message_id, r.refund_id
