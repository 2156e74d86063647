-- Purpose: the keys for which no coupon exists yet. Rows: up to RUN_BATCH_ROWS.
-- Index: commerce_coupon's unique (shop_id, idempotency_key).
SELECT DISTINCT w.idempotency_key FROM pg_temp.commerce_coupon_wanted w
WHERE NOT EXISTS (
    SELECT FROM commerce_coupon c WHERE c.shop_id = %(shop)s AND c.idempotency_key = w.idempotency_key)
