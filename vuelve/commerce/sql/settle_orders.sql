-- Purpose: the status of orders and what was paid for them, from their cancellation, refunds and payments.
-- Rows: those of the batch's orders about which more is known than that they were placed.
-- Index: primary keys of commerce_order and commerce_payment.
UPDATE commerce_order o
SET cancelled_at = n.cancelled_at, cancel_reason = n.cancel_reason, paid_minor = n.paid_minor,
    payment_state = n.payment_state, payment_method = n.payment_method,
    status = CASE
        WHEN n.cancelled_at IS NOT NULL THEN 'cancelled'
        WHEN n.refunded_minor > 0 AND n.refunded_minor = n.total_minor THEN 'refunded'
        WHEN n.refunded_minor > 0 THEN 'partially_refunded'
        WHEN n.payment_state = 'paid' THEN 'paid'
        ELSE 'open'
    END
FROM (
    SELECT t.shop_id, t.customer_id, t.order_id, t.cancelled_at, t.cancel_reason, w.refunded_minor, w.total_minor,
           p.paid_minor, coalesce(p.method, w.stated_method) AS payment_method,
           CASE
               WHEN p.count = 0 THEN NULL
               WHEN p.is_settled AND p.paid_minor >= w.total_minor THEN 'paid'
               WHEN p.is_settled THEN 'partially_paid'
               WHEN p.is_authorized THEN 'authorized'
               WHEN p.is_pending THEN 'pending'
               WHEN p.is_failed THEN 'failed'
               ELSE 'voided'
           END AS payment_state
    FROM pg_temp.commerce_touch t
    JOIN commerce_order w ON w.shop_id = t.shop_id AND w.customer_id = t.customer_id AND w.order_id = t.order_id
    CROSS JOIN LATERAL (
        SELECT count(*) AS count,
               -- A payment that was given back was made before; what was given back is the refunds' business.
               coalesce(sum(amount_minor) FILTER (WHERE state IN ('paid', 'refunded')), 0)::bigint AS paid_minor,
               coalesce(bool_or(state IN ('paid', 'refunded')), false) AS is_settled,
               coalesce(bool_or(state = 'authorized'), false) AS is_authorized,
               coalesce(bool_or(state = 'pending'), false) AS is_pending,
               coalesce(bool_or(state = 'failed'), false) AS is_failed,
               (array_agg(method ORDER BY state IN ('paid', 'refunded') DESC, said_at DESC, message_id DESC, payment_id)
                    FILTER (WHERE method IS NOT NULL))[1] AS method
        FROM commerce_payment
        WHERE shop_id = t.shop_id AND customer_id = t.customer_id AND order_id = t.order_id
    ) p
) AS n
WHERE o.shop_id = n.shop_id AND o.customer_id = n.customer_id AND o.order_id = n.order_id
