-- Purpose: what became of each payment: the newest event about it has the last word. Rows: those of a batch.
-- Index: commerce_payment's primary key.
INSERT INTO commerce_payment AS p (shop_id, customer_id, node_id, order_id, payment_id, said_at, message_id, state, method,
    provider, currency, amount, instalments)
SELECT DISTINCT ON (i.shop_id, i.order_id, i.payment_id) i.shop_id, t.customer_id, t.node_id, i.order_id, i.payment_id, i.at,
       i.message_id, i.state, i.method, i.provider, i.currency, i.amount, i.instalments
FROM pg_temp.commerce_payment_in i
JOIN pg_temp.commerce_touch t ON t.shop_id = i.shop_id AND t.order_id = i.order_id
WHERE i.reason IS NULL
  -- Not those of an `Order Completed` that lost the order id to another.
  AND (i.event_name <> 'Order Completed' OR i.message_id = t.claimed_by)
ORDER BY i.shop_id, i.order_id, i.payment_id, i.at DESC, i.message_id DESC
ON CONFLICT (shop_id, customer_id, order_id, payment_id) DO UPDATE SET
    said_at = excluded.said_at, message_id = excluded.message_id, state = excluded.state, method = excluded.method,
    provider = excluded.provider, currency = excluded.currency, amount = excluded.amount, instalments = excluded.instalments
WHERE (p.said_at, p.message_id) < (excluded.said_at, excluded.message_id)
