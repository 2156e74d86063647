-- Purpose: the payments and refunds of orders, the newest first. Rows: a few an order.
-- Index: primary keys of commerce_payment and commerce_refund.
SELECT p.order_id, 'payment' AS kind, p.payment_id AS id, p.state, p.method, p.provider, p.instalments, p.amount_minor,
       p.said_at AS at
FROM unnest(%(customers)s::bigint[], %(orders)s::text[]) AS w (customer_id, order_id)
JOIN commerce_payment p ON p.shop_id = %(shop)s AND p.customer_id = w.customer_id AND p.order_id = w.order_id
UNION ALL
SELECT r.order_id, 'refund', r.refund_id, r.outcome, NULL, NULL, NULL, r.amount_minor, r.refunded_at
FROM unnest(%(customers)s::bigint[], %(orders)s::text[]) AS w (customer_id, order_id)
JOIN commerce_refund r ON r.shop_id = %(shop)s AND r.customer_id = w.customer_id AND r.order_id = w.order_id
WHERE r.outcome IN ('applied', 'capped')
ORDER BY order_id, at DESC, id
