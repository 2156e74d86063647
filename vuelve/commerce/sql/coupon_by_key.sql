-- Purpose: one coupon by the key it was issued under. Rows: 0 or 1. Index: unique (shop_id, idempotency_key).
SELECT code, customer_id, percent, amount_minor, currency, issued_at, expires_at, redeemed_at, redeemed_order_id
FROM commerce_coupon WHERE shop_id = %(shop)s AND idempotency_key = %(key)s
