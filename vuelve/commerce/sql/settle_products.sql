-- Purpose: the products of a batch as the catalogue describes them; what it has not said stays as orders described it.
-- Rows: the distinct products of a batch. Index: primary keys of commerce_product_fact and commerce_product.
-- ORDER BY against deadlocks. `updated_at` is the orders': a product that none described yet stands before all of them.
INSERT INTO commerce_product AS p (shop_id, product_id, sku, name, category, brand, image_url, url, categories, images, price_minor, currency,
    stock, is_active, deleted_at, variants, said, catalogue_at, updated_at)
SELECT n.shop_id, n.product_id, n.sku, n.name, n.category, n.brand, n.image_url, n.url,
       ARRAY(SELECT jsonb_array_elements_text(n.categories)), ARRAY(SELECT jsonb_array_elements_text(n.images)),
       (n.price ->> 'minor')::bigint, n.price ->> 'currency', n.stock, coalesce(n.is_active, true), n.deleted_at, n.variants,
       n.said, n.catalogue_at, '1970-01-01Z'
FROM (
    SELECT w.shop_id, w.product_id,
           max(f.value #>> '{}') FILTER (WHERE f.field = 'sku') AS sku,
           max(f.value #>> '{}') FILTER (WHERE f.field = 'name') AS name,
           max(f.value #>> '{}') FILTER (WHERE f.field = 'category') AS category,
           max(f.value #>> '{}') FILTER (WHERE f.field = 'brand') AS brand,
           max(f.value #>> '{}') FILTER (WHERE f.field = 'image_url') AS image_url,
           max(f.value #>> '{}') FILTER (WHERE f.field = 'url') AS url,
           (array_agg(f.value) FILTER (WHERE f.field = 'categories'))[1] AS categories,
           (array_agg(f.value) FILTER (WHERE f.field = 'images'))[1] AS images,
           (array_agg(f.value) FILTER (WHERE f.field = 'variants'))[1] AS variants,
           (array_agg(f.value) FILTER (WHERE f.field = 'price'))[1] AS price,
           max((f.value #>> '{}')::integer) FILTER (WHERE f.field = 'stock') AS stock,
           bool_and((f.value #>> '{}')::boolean) FILTER (WHERE f.field = 'is_active') AS is_active,
           max(f.said_at) FILTER (WHERE f.field = 'is_deleted' AND f.value = 'true') AS deleted_at,
           array_agg(f.field ORDER BY f.field) AS said, max(f.said_at) AS catalogue_at
    FROM (SELECT DISTINCT shop_id, product_id FROM pg_temp.commerce_product_in WHERE reason IS NULL) w
    JOIN commerce_product_fact f ON f.shop_id = w.shop_id AND f.product_id = w.product_id
    GROUP BY w.shop_id, w.product_id
) n
ORDER BY n.shop_id, n.product_id
ON CONFLICT (shop_id, product_id) DO UPDATE SET
    sku = CASE WHEN 'sku' = ANY (excluded.said) THEN excluded.sku ELSE p.sku END,
    name = CASE WHEN 'name' = ANY (excluded.said) THEN excluded.name ELSE p.name END,
    category = CASE WHEN 'category' = ANY (excluded.said) THEN excluded.category ELSE p.category END,
    brand = CASE WHEN 'brand' = ANY (excluded.said) THEN excluded.brand ELSE p.brand END,
    image_url = CASE WHEN 'image_url' = ANY (excluded.said) THEN excluded.image_url ELSE p.image_url END,
    url = CASE WHEN 'url' = ANY (excluded.said) THEN excluded.url ELSE p.url END,
    categories = excluded.categories, images = excluded.images, price_minor = excluded.price_minor,
    currency = excluded.currency, stock = excluded.stock, is_active = excluded.is_active, deleted_at = excluded.deleted_at,
    variants = excluded.variants, said = excluded.said, catalogue_at = excluded.catalogue_at
