-- Purpose: `Product Updated` and `Product Deleted` events into pg_temp.commerce_product_in, as an object of the fields that
-- each states, or with the reason why it is malformed.
-- A store's own catalogue is nobody's: customer 0. Rows: up to CONSUMER_BATCH_ROWS. Index: commerce_currency's primary key.
INSERT INTO pg_temp.commerce_product_in (shop_id, customer_id, node_id, seq, at, message_id, name, product_id, facts, reason)
SELECT b.shop_id, coalesce(a.canonical_id, b.customer_id, 0), coalesce(b.customer_id, 0), b.seq, b.occurred_at, b.message_id, b.name,
       left(i.product_id, %(product_id_max)s),
       CASE WHEN b.name = 'Product Deleted' THEN jsonb_build_object('is_deleted', true)
            ELSE jsonb_strip_nulls(jsonb_build_object(
                'is_deleted', false,
                'sku', left(nullif(btrim(x.sku), ''), %(product_id_max)s),
                'name', left(nullif(btrim(x.name), ''), %(text_max)s),
                'category', left(coalesce(nullif(btrim(x.category), ''), l.categories ->> 0), %(product_id_max)s),
                'categories', l.categories,
                'brand', left(nullif(btrim(x.brand), ''), %(product_id_max)s),
                'image_url', coalesce(commerce_address(x.image_url, %(url_max)s), l.images ->> 0),
                'images', l.images,
                'url', commerce_address(x.url, %(url_max)s),
                'price', CASE WHEN n.price IS NOT NULL
                              THEN jsonb_build_object('minor', round(n.price * c.per_major), 'currency', c.code) END,
                'stock', least(greatest(round(n.stock), 0), 2000000000),
                'is_active', CASE lower(x.is_active) WHEN 'true' THEN true WHEN 'false' THEN false END,
                'variants', l.variants)) END,
       CASE
           WHEN NOT g.readable THEN 'unreadable'
           WHEN i.product_id IS NULL THEN 'product_id_missing'
           WHEN length(i.product_id) > %(product_id_max)s THEN 'product_id_too_long'
           WHEN b.name = 'Product Deleted' THEN NULL
           WHEN c.code IS NULL THEN 'currency_unknown'
           WHEN json_typeof(x.categories) NOT IN ('array', 'string', 'null') THEN 'categories_not_a_list'
           WHEN json_typeof(x.images) NOT IN ('array', 'null') THEN 'images_not_a_list'
           WHEN json_typeof(x.variants) NOT IN ('array', 'null') THEN 'variants_not_a_list'
           WHEN (x.price <> '' AND n.price IS NULL) OR (x.stock <> '' AND n.stock IS NULL) THEN 'amount_not_a_number'
           WHEN n.price < 0 THEN 'amount_negative'
           WHEN n.price * c.per_major > %(amount_max)s THEN 'amount_too_large'
       END
FROM pg_temp.event_batch b
CROSS JOIN LATERAL (SELECT commerce_is_readable(b.properties) AS readable OFFSET 0) g
CROSS JOIN LATERAL json_to_record(CASE WHEN g.readable THEN b.properties ELSE '{}' END) AS x (
    product_id json, sku text, name text, category text, categories json, brand text, image_url text, images json, url text,
    price text, currency text, stock text, is_active text, variants json)
CROSS JOIN LATERAL (
    SELECT CASE WHEN json_typeof(x.product_id) IN ('string', 'number')
                THEN nullif(btrim(x.product_id #>> '{}'), '') END AS product_id
    OFFSET 0) i
CROSS JOIN LATERAL (SELECT commerce_number(x.price) AS price, commerce_number(x.stock) AS stock OFFSET 0) n
JOIN shops_shop s ON s.id = b.shop_id
LEFT JOIN (SELECT code, (10 ^ digits)::integer AS per_major FROM commerce_currency) c
       ON c.code = coalesce(upper(nullif(btrim(x.currency), '')), s.currency)
CROSS JOIN LATERAL (
    SELECT
        (SELECT coalesce(jsonb_agg(left(btrim(e.text), %(product_id_max)s) ORDER BY e.number), '[]')
         FROM json_array_elements_text(CASE json_typeof(x.categories) WHEN 'array' THEN x.categories
                                            WHEN 'string' THEN json_build_array(x.categories #>> '{}') END)
              WITH ORDINALITY AS e (text, number)
         WHERE btrim(e.text) <> '' AND e.number <= %(categories_max)s
         HAVING json_typeof(x.categories) IN ('array', 'string')) AS categories,
        (SELECT coalesce(jsonb_agg(e.address ORDER BY e.number), '[]')
         FROM json_array_elements_text(CASE json_typeof(x.images) WHEN 'array' THEN x.images END)
              WITH ORDINALITY AS e (address, number)
         WHERE commerce_address(e.address, %(url_max)s) IS NOT NULL AND e.number <= %(images_max)s
         HAVING json_typeof(x.images) = 'array') AS images,
        (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                    'variant_id', left(v.variant_id, %(product_id_max)s), 'sku', left(v.sku, %(product_id_max)s),
                    'name', left(v.name, %(text_max)s),
                    'price_minor', CASE WHEN m.price BETWEEN 0 AND %(amount_max)s / c.per_major
                                        THEN round(m.price * c.per_major) END,
                    'stock', least(greatest(round(m.stock), 0), 2000000000))) ORDER BY e.number), '[]')
         FROM json_array_elements(CASE json_typeof(x.variants) WHEN 'array' THEN x.variants END)
              WITH ORDINALITY AS e (variant, number)
         CROSS JOIN LATERAL json_to_record(CASE WHEN json_typeof(e.variant) = 'object' THEN e.variant ELSE '{}' END)
              AS v (variant_id text, sku text, name text, price text, stock text)
         CROSS JOIN LATERAL (SELECT commerce_number(v.price) AS price, commerce_number(v.stock) AS stock) m
         WHERE e.number <= %(variants_max)s AND json_typeof(e.variant) = 'object'
         HAVING json_typeof(x.variants) = 'array') AS variants
) l
LEFT JOIN customers_alias a ON a.shop_id = b.shop_id AND a.customer_id = b.customer_id
WHERE b.kind = 1 AND b.name IN ('Product Updated', 'Product Deleted')
