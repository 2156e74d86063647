-- Purpose: the claims on the wanted identifiers that exist, locked until the transaction ends.
-- Rows: up to four a combination of a batch. Index: customers_identifier's primary key.
-- ORDER BY: two writers that lock the same identifiers in different order would deadlock.
SELECT i.shop_id, i.kind, i.value, coalesce(a.canonical_id, i.customer_id), i.claim_rank, i.claimed_at, i.claimed_by
FROM pg_temp.customers_wanted w
JOIN customers_identifier i ON i.shop_id = w.shop_id AND i.kind = w.kind AND i.value = w.value
LEFT JOIN customers_alias a ON a.shop_id = i.shop_id AND a.customer_id = i.customer_id
ORDER BY i.shop_id, i.kind, i.value
FOR UPDATE OF i
