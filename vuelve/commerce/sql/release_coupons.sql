-- Purpose: a cancelled order gives its coupons back, and `Coupon Released` says so. Rows: few.
-- Index: commerce_coupon_order (shop_id, redeemed_order_id).
WITH released AS (
    UPDATE commerce_coupon c SET redeemed_at = NULL, redeemed_order_id = NULL
    FROM pg_temp.commerce_touch t
    WHERE t.cancelled_at IS NOT NULL AND c.shop_id = t.shop_id AND c.redeemed_order_id = t.order_id
    RETURNING c.shop_id, c.customer_id, c.code, c.percent, c.amount_minor, c.currency, t.order_id, t.cancelled_at, t.historical
)
INSERT INTO pg_temp.event_staged (shop_id, name, occurred_at, message_id, customer_id, properties, historical)
SELECT shop_id, 'Coupon Released', cancelled_at, 'coupon-released:' || code || ':' || order_id, customer_id,
       json_strip_nulls(json_build_object('code', code, 'order_id', order_id, 'percent', percent,
           'amount_minor', amount_minor, 'currency', currency)),
       historical
FROM released ORDER BY shop_id, code
