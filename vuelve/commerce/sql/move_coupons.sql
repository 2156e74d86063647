-- Purpose: a merged customer's coupons and refusals go to the canonical customer. Codes are unique in a shop, so
-- coupons cannot collide; of two equal refusals one stays.
-- Rows: those of the merged customers. Index: primary keys of commerce_coupon and commerce_coupon_refusal.
WITH coupons AS (
    DELETE FROM commerce_coupon c USING pg_temp.commerce_merge_in m
    WHERE c.shop_id = m.shop_id AND c.customer_id = m.from_id
    RETURNING m.into_id, c.*
), moved_coupons AS (
    INSERT INTO commerce_coupon (shop_id, customer_id, code, percent, amount_minor, currency, issued_at, expires_at,
        idempotency_key, redeemed_at, redeemed_order_id)
    SELECT shop_id, into_id, code, percent, amount_minor, currency, issued_at, expires_at, idempotency_key, redeemed_at,
           redeemed_order_id
    FROM coupons
), refusals AS (
    DELETE FROM commerce_coupon_refusal r USING pg_temp.commerce_merge_in m
    WHERE r.shop_id = m.shop_id AND r.customer_id = m.from_id
    RETURNING m.into_id, r.*
)
INSERT INTO commerce_coupon_refusal (shop_id, customer_id, order_id, code, reason, refused_at)
SELECT shop_id, into_id, order_id, code, reason, refused_at FROM refusals
ON CONFLICT DO NOTHING
