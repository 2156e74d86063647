-- Purpose: `Coupon Issued` of the coupons that are new. Rows: up to RUN_BATCH_ROWS.
-- Index: commerce_coupon's unique (shop_id, idempotency_key).
INSERT INTO pg_temp.event_staged (shop_id, name, occurred_at, message_id, customer_id, properties)
SELECT c.shop_id, 'Coupon Issued', c.issued_at, 'coupon-issued:' || c.code, c.customer_id,
       json_strip_nulls(json_build_object('code', c.code, 'percent', c.percent, 'amount_minor', c.amount_minor,
           'currency', c.currency, 'expires_at', to_char(c.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
FROM pg_temp.commerce_coupon_wanted w
JOIN commerce_coupon c ON c.shop_id = %(shop)s AND c.idempotency_key = w.idempotency_key
WHERE w.is_fresh
ORDER BY c.code
