-- Purpose: whose rows are to be moved: of the nodes that `Customers Merged` tells of, and of customers whom this batch
-- wrote rows for and who were merged while it ran. The second is rare.
-- Rows: few. Index: customers_alias's primary key.
INSERT INTO pg_temp.commerce_move (shop_id, node_id, from_id, into_id)
SELECT shop_id, node_id, from_id, into_id FROM pg_temp.customers_moved
UNION
SELECT a.shop_id, NULL, a.customer_id, a.canonical_id
FROM (
    SELECT shop_id, customer_id FROM pg_temp.commerce_touch
    UNION
    SELECT shop_id, customer_id FROM pg_temp.commerce_report
    UNION
    SELECT shop_id, customer_id FROM pg_temp.commerce_order_in WHERE reason IS NOT NULL
    UNION
    SELECT shop_id, customer_id FROM pg_temp.commerce_refund_in WHERE reason IS NOT NULL
    UNION
    SELECT shop_id, customer_id FROM pg_temp.commerce_cancel_in WHERE reason IS NOT NULL
    UNION
    SELECT shop_id, customer_id FROM pg_temp.commerce_payment_in WHERE reason IS NOT NULL
    UNION
    SELECT shop_id, customer_id FROM pg_temp.commerce_shipment_in WHERE reason IS NOT NULL
) seen
JOIN customers_alias a USING (shop_id, customer_id)
