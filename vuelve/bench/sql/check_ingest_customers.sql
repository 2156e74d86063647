-- Purpose: how many customers there are, those that were merged into others not counted. Rows: 1.
SELECT count(*) FROM customers_customer c
WHERE c.shop_id = %(shop)s
  AND NOT EXISTS (SELECT FROM customers_alias a WHERE a.shop_id = %(shop)s AND a.customer_id = c.id)
