-- Purpose: merges whose rows are still to be moved: those that `Customers Merged` tells of, and those of customers of
-- this batch that were merged while it ran.
-- Rows: few. Index: primary keys of customers_alias. Only events of our own count: anybody can send one of that name.
INSERT INTO pg_temp.commerce_merge_in (shop_id, from_id, into_id)
SELECT DISTINCT a.shop_id, a.customer_id, a.canonical_id
FROM (
    SELECT b.shop_id, (b.properties ->> 'from_id')::bigint AS customer_id
    FROM pg_temp.event_batch b WHERE b.name = 'Customers Merged' AND b.origin = 1
    UNION
    SELECT shop_id, customer_id FROM pg_temp.commerce_order_in WHERE is_new
    UNION
    SELECT shop_id, customer_id FROM pg_temp.commerce_parcel_in WHERE reason IS NULL
) seen
JOIN customers_alias a USING (shop_id, customer_id)
