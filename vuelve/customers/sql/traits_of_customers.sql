-- Purpose: all traits of the customers that messages are for. Rows: about ten a customer, up to DISPATCH_BATCH_ROWS of them.
-- Index: customers_trait's primary key.
SELECT customer_id, name, text_value, number_value, boolean_value
FROM customers_trait
WHERE shop_id = %(shop)s AND customer_id = ANY (%(customers)s::bigint[])
ORDER BY customer_id, name
