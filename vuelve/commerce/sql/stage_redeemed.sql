-- Purpose: `Coupon Redeemed` of the coupons that were redeemed just now. Rows: few.
-- Index: commerce_coupon's unique (shop_id, code).
INSERT INTO pg_temp.event_staged (shop_id, name, occurred_at, message_id, customer_id, properties, historical)
SELECT u.shop_id, 'Coupon Redeemed', u.used_at, 'coupon-redeemed:' || u.code || ':' || u.order_id, u.customer_id,
       json_strip_nulls(json_build_object('code', c.code, 'order_id', u.order_id, 'percent', c.percent,
           'amount_minor', c.amount_minor, 'currency', c.currency)),
       u.historical
FROM pg_temp.commerce_coupon_use u
JOIN commerce_coupon c ON c.shop_id = u.shop_id AND c.code = u.code
WHERE u.outcome = 'redeemed'
ORDER BY u.position, u.code
