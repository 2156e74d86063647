-- Purpose: the coupons of the candidates whose code and key are free. Rows: up to RUN_BATCH_ROWS.
-- Index: commerce_coupon's unique keys. Sorted: two workers with the same keys would otherwise deadlock.
WITH issued AS (
    INSERT INTO commerce_coupon (shop_id, customer_id, node_id, code, percent, amount_minor, currency, issued_at, expires_at,
        idempotency_key)
    SELECT DISTINCT ON (n.code) %(shop)s, coalesce(a.canonical_id, w.customer_id), w.customer_id, n.code, %(percent)s, %(amount_minor)s,
           %(currency)s, %(now)s, %(expires_at)s, n.idempotency_key
    FROM pg_temp.commerce_coupon_candidate n
    JOIN pg_temp.commerce_coupon_wanted w USING (idempotency_key)
    LEFT JOIN customers_alias a ON a.shop_id = %(shop)s AND a.customer_id = w.customer_id
    ORDER BY n.code
    ON CONFLICT DO NOTHING
    RETURNING idempotency_key
)
UPDATE pg_temp.commerce_coupon_wanted w SET is_fresh = true
FROM issued WHERE issued.idempotency_key = w.idempotency_key
