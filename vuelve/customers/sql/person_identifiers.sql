-- Purpose: what a person is known by. Rows: a few. Index: customers_identifier_customer.
SELECT DISTINCT kind, value FROM customers_identifier
WHERE shop_id = %(shop)s AND customer_id = ANY (%(ids)s)
ORDER BY kind, value
