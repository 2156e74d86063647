-- Purpose: the refunds of a batch, each once: the earliest event with a refund id has it. Rows: few.
-- Index: commerce_refund's primary key.
INSERT INTO commerce_refund AS r (shop_id, customer_id, node_id, order_id, refund_id, refunded_at, message_id, event_seq,
    currency, requested, lines)
SELECT DISTINCT ON (i.shop_id, i.order_id, i.refund_id) i.shop_id, t.customer_id, t.node_id, i.order_id, i.refund_id, i.at,
       i.message_id, i.seq, i.currency, i.requested, i.lines
FROM pg_temp.commerce_refund_in i
JOIN pg_temp.commerce_touch t ON t.shop_id = i.shop_id AND t.order_id = i.order_id
WHERE i.reason IS NULL
ORDER BY i.shop_id, i.order_id, i.refund_id, i.at, i.message_id
ON CONFLICT (shop_id, customer_id, order_id, refund_id) DO UPDATE SET
    refunded_at = excluded.refunded_at, message_id = excluded.message_id, event_seq = excluded.event_seq,
    currency = excluded.currency, requested = excluded.requested, lines = excluded.lines
WHERE (excluded.refunded_at, excluded.message_id) < (r.refunded_at, r.message_id)
