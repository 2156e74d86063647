-- Purpose: the traits that fill columns, of touched customers. Rows: up to nine a customer.
-- Index: customers_trait's primary key.
SELECT t.shop_id, t.customer_id, t.name, t.text_value, t.time_value
FROM pg_temp.customers_touched c
JOIN customers_trait t ON t.shop_id = c.shop_id AND t.customer_id = c.customer_id
WHERE t.name = ANY (%(names)s)
