-- Purpose: products as the newest order describes them; what that order does not say, or the catalogue says itself,
-- stays as it was.
-- Rows: the distinct products of a batch, some 40,000 of 100,000 lines. Index: commerce_product's primary key.
-- The newest line of a product is found by max() over a number: sorting whole lines took four times as long. Products
-- that are already as new are left out before the upsert, which would lock them. Equal facts are written too, for
-- their updated_at: an order that arrives late must not undo what a newer one has confirmed (costs 0.2 s of 2 s a
-- batch). ORDER BY on the keys against deadlocks.
WITH newest AS MATERIALIZED (
    SELECT l.* FROM pg_temp.commerce_line_in l
    JOIN (
        SELECT max(position) AS position FROM pg_temp.commerce_line_in
        WHERE coalesce(name, category, sku, brand, image_url, url) IS NOT NULL
        GROUP BY shop_id, product_id
    ) AS last USING (position)
)
INSERT INTO commerce_product AS p (shop_id, product_id, sku, name, category, brand, image_url, url, updated_at)
SELECT n.shop_id, n.product_id, n.sku, n.name, n.category, n.brand, n.image_url, n.url, n.ordered_at
FROM newest n
LEFT JOIN commerce_product old ON old.shop_id = n.shop_id AND old.product_id = n.product_id
WHERE old.product_id IS NULL OR old.updated_at < n.ordered_at
ORDER BY n.shop_id, n.product_id
ON CONFLICT (shop_id, product_id) DO UPDATE SET
    sku = CASE WHEN 'sku' = ANY (p.said) THEN p.sku ELSE coalesce(excluded.sku, p.sku) END,
    name = CASE WHEN 'name' = ANY (p.said) THEN p.name ELSE coalesce(excluded.name, p.name) END,
    category = CASE WHEN 'category' = ANY (p.said) THEN p.category ELSE coalesce(excluded.category, p.category) END,
    brand = CASE WHEN 'brand' = ANY (p.said) THEN p.brand ELSE coalesce(excluded.brand, p.brand) END,
    image_url = CASE WHEN 'image_url' = ANY (p.said) THEN p.image_url ELSE coalesce(excluded.image_url, p.image_url) END,
    url = CASE WHEN 'url' = ANY (p.said) THEN p.url ELSE coalesce(excluded.url, p.url) END,
    updated_at = excluded.updated_at
WHERE p.updated_at < excluded.updated_at
