-- Purpose: the lines of the orders that are well formed so far, into pg_temp.commerce_line_in; a malformed line
-- carries the reason.
-- Rows: some 100,000 for a full batch. One json_to_recordset an order; that its elements are objects is checked before.
INSERT INTO pg_temp.commerce_line_in (seq, line, position, ordered_at, shop_id, line_id, product_id, variant, sku, name,
    category, brand, image_url, url, coupon_code, quantity, price_minor, amount_minor, reason)
SELECT seq, line, position, at, shop_id, commerce_cut(line_id, %(order_id_max)s), commerce_cut(product_id, %(product_id_max)s),
       commerce_cut(variant, %(product_id_max)s), commerce_cut(sku, %(product_id_max)s), commerce_cut(name, %(text_max)s),
       commerce_cut(category, %(product_id_max)s), commerce_cut(brand, %(product_id_max)s),
       CASE WHEN image_url ~* '^https?://' AND length(image_url) <= %(url_max)s THEN image_url END,
       CASE WHEN url ~* '^https?://' AND length(url) <= %(url_max)s THEN url END,
       nullif(coupon, ''),
       -- A quarter of a kilo is one article; nothing is none.
       CASE WHEN reason IS NOT NULL THEN NULL WHEN quantity_n = 0 THEN 0 ELSE greatest(round(quantity_n), 1) END,
       CASE WHEN reason IS NULL THEN round(coalesce(price_n, amount_n / nullif(quantity_n, 0), 0) * per_major) END,
       CASE WHEN reason IS NULL THEN round(coalesce(amount_n, price_n * quantity_n, 0) * per_major) END,
       reason
FROM (
    SELECT raw.*,
           CASE
               WHEN product_id IS NULL THEN 'product_id_missing'
               WHEN length(product_id) > %(product_id_max)s THEN 'product_id_too_long'
               WHEN (price <> '' AND price_n IS NULL) OR (amount <> '' AND amount_n IS NULL)
                 OR quantity_n IS NULL THEN 'amount_not_a_number'
               WHEN least(price_n, amount_n, quantity_n) < 0 THEN 'amount_negative'
               WHEN quantity_n > %(quantity_max)s
                 OR greatest(price_n, amount_n, price_n * quantity_n) * per_major > %(amount_max)s
               THEN 'amount_too_large'
           END AS reason
    FROM (
        SELECT h.seq, h.shop_id, h.at, h.per_major, h.rank::bigint * 1000 + l.line AS position, l.line,
               coalesce(nullif(btrim(l.product_id), ''), nullif(btrim(l.sku), ''),
                        commerce_cut(nullif(btrim(l.name), ''), %(product_id_max)s)) AS product_id,
               nullif(btrim(l.line_id), '') AS line_id, nullif(btrim(l.variant), '') AS variant, nullif(l.sku, '') AS sku, nullif(btrim(l.name), '') AS name, nullif(btrim(l.category), '') AS category,
               nullif(l.brand, '') AS brand, l.image_url, l.url, l.coupon, l.price, l.amount,
               commerce_number(l.price) AS price_n, commerce_number(l.amount) AS amount_n,
               CASE WHEN l.quantity <> '' THEN commerce_number(l.quantity) ELSE 1 END AS quantity_n
        FROM pg_temp.commerce_order_in h
        JOIN pg_temp.event_batch b ON b.seq = h.seq
        CROSS JOIN LATERAL ROWS FROM (
            json_to_recordset(CASE WHEN h.lines > 0 THEN b.properties -> 'products' END) AS (
                product_id text, sku text, name text, category text, brand text, image_url text, url text,
                price text, quantity text, amount text, coupon text, line_id text, variant text)
        ) WITH ORDINALITY AS l (product_id, sku, name, category, brand, image_url, url, price, quantity, amount, coupon,
            line_id, variant, line)
        WHERE h.reason IS NULL AND h.lines > 0 AND (%(seqs)s::bigint[] IS NULL OR h.seq = ANY (%(seqs)s))
        OFFSET 0
    ) AS raw
    OFFSET 0
) AS judged
