-- Purpose: redeem the coupons that `judge_coupon_uses` has given away. Rows: few.
-- Index: commerce_coupon's unique (shop_id, code).
UPDATE commerce_coupon c SET redeemed_at = u.used_at, redeemed_order_id = u.order_id
FROM pg_temp.commerce_coupon_use u
WHERE u.outcome = 'redeemed' AND c.shop_id = u.shop_id AND c.code = u.code
