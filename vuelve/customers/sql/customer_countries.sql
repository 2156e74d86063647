-- Purpose: the countries that customers of the shop have, for the filter. Rows: at most 250.
-- Index: none: a loose scan would need one by country; a page of the list asks once.
SELECT DISTINCT country FROM customers_customer WHERE shop_id = %(shop)s AND country IS NOT NULL ORDER BY country
