-- Purpose: the newest of what the catalogue says of each field of a product. Rows: some ten a product event.
-- Index: commerce_product_fact's primary key. ORDER BY against deadlocks.
INSERT INTO commerce_product_fact AS f (shop_id, product_id, field, said_at, message_id, value)
SELECT DISTINCT ON (p.shop_id, p.product_id, e.key) p.shop_id, p.product_id, e.key, p.at, p.message_id, e.value
FROM pg_temp.commerce_product_in p
CROSS JOIN LATERAL jsonb_each(p.facts) AS e (key, value)
WHERE p.reason IS NULL
ORDER BY p.shop_id, p.product_id, e.key, p.at DESC, p.message_id DESC
ON CONFLICT (shop_id, product_id, field) DO UPDATE SET
    said_at = excluded.said_at, message_id = excluded.message_id, value = excluded.value
WHERE (f.said_at, f.message_id) < (excluded.said_at, excluded.message_id)
