-- Purpose: a key that stands for a coupon of other terms or of another customer. Rows: 0 or 1.
-- Index: commerce_coupon's unique (shop_id, idempotency_key).
SELECT w.idempotency_key
FROM pg_temp.commerce_coupon_wanted w
JOIN commerce_coupon c ON c.shop_id = %(shop)s AND c.idempotency_key = w.idempotency_key
LEFT JOIN customers_alias aw ON aw.shop_id = c.shop_id AND aw.customer_id = w.customer_id
LEFT JOIN customers_alias ac ON ac.shop_id = c.shop_id AND ac.customer_id = c.customer_id
WHERE (c.percent, c.amount_minor, c.currency) IS DISTINCT FROM
      (%(percent)s::smallint, %(amount_minor)s::bigint, %(currency)s::text)
   OR coalesce(aw.canonical_id, w.customer_id) <> coalesce(ac.canonical_id, c.customer_id)
LIMIT 1
