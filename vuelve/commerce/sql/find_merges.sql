-- Purpose: whose rows are to be moved: of those that `Customers Merged` tells of, and of customers whom this batch
-- wrote rows for and who were merged while it ran. The second is rare: a shipment of another customer's order.
-- Rows: few. Index: customers_alias's primary key.
INSERT INTO pg_temp.commerce_merge_in (shop_id, from_id, into_id)
SELECT shop_id, from_id, into_id FROM pg_temp.customers_merged
UNION
SELECT a.shop_id, a.customer_id, a.canonical_id
FROM (
    SELECT shop_id, customer_id FROM pg_temp.commerce_order_in
    UNION
    SELECT shop_id, customer_id FROM pg_temp.commerce_shipment_in
) seen
JOIN customers_alias a USING (shop_id, customer_id)
