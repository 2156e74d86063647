-- Purpose: the categories of a shop's catalogue, by name. Rows: up to %(rows)s. Index: commerce_product_category, one look-up a
-- category: the catalogue may have a hundred thousand products.
WITH RECURSIVE found (category) AS (
    (SELECT category FROM commerce_product WHERE shop_id = %(shop)s AND category IS NOT NULL ORDER BY category LIMIT 1)
    UNION ALL
    SELECT (SELECT p.category FROM commerce_product p WHERE p.shop_id = %(shop)s AND p.category > f.category
            ORDER BY p.category LIMIT 1)
    FROM found f WHERE f.category IS NOT NULL
)
SELECT category FROM found WHERE category IS NOT NULL LIMIT %(rows)s
