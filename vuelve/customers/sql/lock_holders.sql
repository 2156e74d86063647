-- Purpose: what identity needs to know of the customers that hold the identifiers, locked: of two writers that would
-- give one anonymous customer to two users, or merge it into two, the second must see what the first did.
-- Rows: at most one an identifier. Index: customers_customer's primary key. ORDER BY: see lock_identifiers.
SELECT c.id, c.shop_id, c.user_id, c.email, c.phone
FROM pg_temp.customers_held h
JOIN customers_customer c ON c.shop_id = h.shop_id AND c.id = h.customer_id
ORDER BY c.shop_id, c.id
FOR UPDATE OF c
