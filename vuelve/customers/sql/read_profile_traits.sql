-- Purpose: the traits that fill columns, of touched customers. Rows: up to eleven a customer.
-- Index: customers_trait's primary key. A phone is shown as it was sent, and compared and used in its normal form.
SELECT t.shop_id, t.customer_id, c.name, CASE WHEN c.name = 'phone' THEN c.text_key ELSE c.text_value END, c.time_value
FROM (SELECT DISTINCT shop_id, customer_id FROM pg_temp.customers_touched) t
CROSS JOIN LATERAL (
    SELECT name, text_key, text_value, time_value FROM customers_trait
    WHERE shop_id = t.shop_id AND customer_id = t.customer_id AND name = ANY (%(names)s)
    OFFSET 0
) c
