-- Purpose: for consumers behind identity: the merges in their batch, and where the merged customer is now.
-- Rows: a few a batch. Index: customers_alias's primary key.
-- The destination is the present one, not that of the event: the customer merged into may have been merged since.
-- FOR SHARE: identity must wait with merging the destination until what is moved here is committed, or it stays behind.
INSERT INTO pg_temp.customers_merged (shop_id, from_id, into_id)
SELECT a.shop_id, a.customer_id, a.canonical_id
FROM customers_alias a
WHERE (a.shop_id, a.customer_id) IN (
    SELECT b.shop_id, b.customer_id FROM pg_temp.event_batch b WHERE b.name = %(merged)s AND b.origin = %(ours)s)
ORDER BY a.shop_id, a.customer_id
FOR SHARE OF a
