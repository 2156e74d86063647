-- Purpose: lock the coupons that are named and say what becomes of each use: of several uses the first one has it.
-- Rows: few. Index: commerce_coupon's unique (shop_id, code). ORDER BY against deadlocks.
-- The lock waits for a redemption under way elsewhere and then sees its result: of two at once one wins.
WITH held AS MATERIALIZED (
    SELECT c.shop_id, c.code, c.customer_id, c.expires_at, c.redeemed_order_id
    FROM commerce_coupon c
    WHERE (c.shop_id, c.code) IN (SELECT shop_id, code FROM pg_temp.commerce_coupon_use)
    ORDER BY c.shop_id, c.code
    FOR UPDATE
), judged AS (
    SELECT u.shop_id, u.order_id, u.code, u.position,
           CASE
               WHEN coalesce(a.canonical_id, h.customer_id) <> u.customer_id THEN 'other_customer'
               WHEN h.redeemed_order_id = u.order_id THEN 'repeated'
               WHEN h.redeemed_order_id IS NOT NULL THEN 'already_redeemed'
               WHEN u.used_at >= h.expires_at THEN 'expired'
               ELSE 'redeemed'
           END AS outcome
    FROM pg_temp.commerce_coupon_use u
    JOIN held h USING (shop_id, code)
    LEFT JOIN customers_alias a ON a.shop_id = h.shop_id AND a.customer_id = h.customer_id
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY shop_id, code, outcome ORDER BY position) AS place FROM judged
)
UPDATE pg_temp.commerce_coupon_use u
SET outcome = CASE WHEN r.outcome = 'redeemed' AND r.place > 1 THEN 'already_redeemed' ELSE r.outcome END
FROM ranked r
WHERE (u.shop_id, u.order_id, u.code) = (r.shop_id, r.order_id, r.code)
