-- Purpose: the merges that a batch tells of. Rows: a few. Index: customers_alias' primary key.
-- Only what identity has written counts, whatever an event from outside claims.
INSERT INTO pg_temp.run_merge (shop_id, from_id, into_id)
SELECT DISTINCT a.shop_id, a.customer_id, a.canonical_id
FROM pg_temp.event_batch e
JOIN customers_alias a ON a.shop_id = e.shop_id
    AND a.customer_id = CASE WHEN e.origin = 1 THEN (e.properties ->> 'from_id')::bigint END
WHERE e.name = 'Customers Merged'
