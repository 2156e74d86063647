-- Purpose: how many customers a condition is true for, of how many, and the newest of them. Rows: 1. Index: by the condition.
WITH found AS MATERIALIZED (/* members */)
SELECT (SELECT count(*) FROM found),
       (SELECT count(*) FROM customers_customer WHERE shop_id = %(shop)s),
       ARRAY(SELECT customer_id FROM found ORDER BY customer_id DESC LIMIT %(rows)s)
