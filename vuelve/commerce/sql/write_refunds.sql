-- Purpose: refunds, lines and orders as `rules.refunds` has settled them. Rows: few.
-- Index: primary keys of commerce_refund, commerce_item and commerce_order.
WITH refunds AS (
    UPDATE commerce_refund r
    SET outcome = w.outcome, amount_minor = w.amount_minor, excess_minor = w.excess_minor
    FROM pg_temp.commerce_refund_out w
    WHERE r.shop_id = w.shop_id AND r.customer_id = w.customer_id AND r.order_id = w.order_id AND r.refund_id = w.refund_id
), items AS (
    UPDATE commerce_item i SET refunded_quantity = w.refunded_quantity, refunded_minor = w.refunded_minor
    FROM pg_temp.commerce_item_out w
    WHERE i.shop_id = w.shop_id AND i.customer_id = w.customer_id AND i.order_id = w.order_id AND i.line = w.line
)
UPDATE commerce_order o SET refunded_minor = w.amount_minor
FROM (
    SELECT shop_id, customer_id, order_id, sum(amount_minor)::bigint AS amount_minor
    FROM pg_temp.commerce_refund_out GROUP BY shop_id, customer_id, order_id
) w
WHERE o.shop_id = w.shop_id AND o.customer_id = w.customer_id AND o.order_id = w.order_id
