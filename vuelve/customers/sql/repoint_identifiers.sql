-- Purpose: the other identifiers of merged customers. Rows: some a merge. Index: customers_identifier_customer.
-- SKIP LOCKED: one that another writer holds is left to it; readers follow the alias anyway, and nobody deadlocks.
WITH movable AS (
    SELECT i.shop_id, i.kind, i.value, m.into_id
    FROM pg_temp.customers_merging m
    JOIN customers_identifier i ON i.shop_id = m.shop_id AND i.customer_id = m.from_id
    FOR UPDATE OF i SKIP LOCKED
)
UPDATE customers_identifier i SET customer_id = movable.into_id
FROM movable
WHERE i.shop_id = movable.shop_id AND i.kind = movable.kind AND i.value = movable.value
