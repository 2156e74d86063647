-- Purpose: whether another writer has merged one of the locked customers since their identifiers were read.
-- Rows: 1. Index: customers_alias's primary key.
SELECT EXISTS (
    SELECT FROM pg_temp.customers_held h
    JOIN customers_alias a ON a.shop_id = h.shop_id AND a.customer_id = h.customer_id)
