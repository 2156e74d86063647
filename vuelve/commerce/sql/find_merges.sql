-- Purpose: whose rows are to be moved: of the nodes that `Customers Merged` tells of, and of nodes that this batch wrote
-- rows for and that have moved while it ran. The second is rare.
-- Rows: few. Index: customers_alias's primary key.
INSERT INTO pg_temp.commerce_move (shop_id, node_id, from_id, into_id)
SELECT shop_id, node_id, from_id, into_id FROM pg_temp.customers_moved
UNION
SELECT w.shop_id, w.node_id, w.customer_id, coalesce(a.canonical_id, w.node_id)
FROM (
    SELECT shop_id, customer_id, node_id FROM pg_temp.commerce_touch
    UNION
    SELECT shop_id, customer_id, node_id FROM pg_temp.commerce_report
    UNION
    SELECT shop_id, customer_id, node_id FROM pg_temp.commerce_cart_in
    UNION
    SELECT shop_id, customer_id, node_id FROM pg_temp.commerce_product_in WHERE reason IS NOT NULL
    UNION
    SELECT shop_id, customer_id, node_id FROM pg_temp.commerce_order_in WHERE reason IS NOT NULL
    UNION
    SELECT shop_id, customer_id, node_id FROM pg_temp.commerce_refund_in WHERE reason IS NOT NULL
    UNION
    SELECT shop_id, customer_id, node_id FROM pg_temp.commerce_cancel_in WHERE reason IS NOT NULL
    UNION
    SELECT shop_id, customer_id, node_id FROM pg_temp.commerce_payment_in WHERE reason IS NOT NULL
    UNION
    SELECT shop_id, customer_id, node_id FROM pg_temp.commerce_shipment_in WHERE reason IS NOT NULL
) w
LEFT JOIN customers_alias a ON a.shop_id = w.shop_id AND a.customer_id = w.node_id
WHERE w.node_id IS NOT NULL AND w.customer_id <> coalesce(a.canonical_id, w.node_id)
