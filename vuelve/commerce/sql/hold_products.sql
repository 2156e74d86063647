-- Purpose: lock the products that a batch writes, where it writes some by its orders and others by the catalogue: two
-- passes, each sorted, could otherwise meet another batch's crosswise.
-- Rows: the distinct products of a batch. Index: commerce_product's primary key. ORDER BY against deadlocks.
SELECT count(*) FROM (
    SELECT p.product_id FROM commerce_product p
    WHERE (p.shop_id, p.product_id) IN (
        SELECT shop_id, product_id FROM pg_temp.commerce_line_in
        UNION
        SELECT shop_id, product_id FROM pg_temp.commerce_product_in WHERE reason IS NULL)
    ORDER BY p.shop_id, p.product_id
    FOR UPDATE
) AS held
