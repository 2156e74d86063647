-- Purpose: brands of a shop's catalogue, by name. Rows: those of %(rows)s products. Index: commerce_product's primary key; a shop
-- has few brands, so a part of the catalogue has nearly all.
SELECT DISTINCT brand FROM (
    SELECT brand FROM commerce_product WHERE shop_id = %(shop)s ORDER BY product_id LIMIT %(rows)s) p
WHERE brand IS NOT NULL ORDER BY brand
