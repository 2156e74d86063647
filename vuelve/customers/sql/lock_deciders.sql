-- Purpose: one writer at a time on a customer's consents: what holds is worked out from all decisions, so the second
-- writer must see the first one's. Rows: up to a batch. Index: customers_customer's primary key. ORDER BY: no deadlock.
SELECT c.id FROM customers_customer c
JOIN (
    SELECT shop_id, customer_id FROM pg_temp.customers_decided
    UNION SELECT shop_id, from_id FROM pg_temp.customers_moving
    UNION SELECT shop_id, into_id FROM pg_temp.customers_moving
) d ON d.shop_id = c.shop_id AND d.customer_id = c.id
ORDER BY c.shop_id, c.id
FOR NO KEY UPDATE OF c
