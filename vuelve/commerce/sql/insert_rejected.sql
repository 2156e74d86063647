-- Purpose: keep what was rejected visible, and count it by reason. Rows: few. Index: commerce_rejected's primary key.
WITH rejected AS (
    SELECT shop_id, customer_id, node_id, seq, CASE claim_rank WHEN 1 THEN 'Order Completed' ELSE 'Order Updated' END AS name, order_id, reason
    FROM pg_temp.commerce_order_in WHERE reason IS NOT NULL
    UNION ALL
    SELECT shop_id, customer_id, node_id, seq, 'Order Refunded' AS name, order_id, reason
    FROM pg_temp.commerce_refund_in WHERE reason IS NOT NULL
    UNION ALL
    SELECT shop_id, customer_id, node_id, seq, 'Order Cancelled' AS name, order_id, reason
    FROM pg_temp.commerce_cancel_in WHERE reason IS NOT NULL
    UNION ALL
    SELECT shop_id, customer_id, node_id, seq, event_name AS name, order_id, reason
    FROM pg_temp.commerce_payment_in WHERE reason IS NOT NULL
    UNION ALL
    SELECT shop_id, customer_id, node_id, seq, 'Shipment Updated' AS name, order_id, reason
    FROM pg_temp.commerce_shipment_in WHERE reason IS NOT NULL
    UNION ALL
    SELECT shop_id, customer_id, node_id, seq, name, NULL, reason
    FROM pg_temp.commerce_cart_in WHERE reason IS NOT NULL
    UNION ALL
    SELECT shop_id, customer_id, node_id, seq, name, NULL, reason
    FROM pg_temp.commerce_product_in WHERE reason IS NOT NULL
    UNION ALL
    SELECT shop_id, customer_id, node_id, seq, name, order_id, reason FROM pg_temp.commerce_report
), kept AS (
    INSERT INTO commerce_rejected (shop_id, customer_id, node_id, event_seq, event_name, order_id, reason, rejected_at)
    SELECT shop_id, customer_id, node_id, seq, name, order_id, reason, %(now)s FROM rejected
    ON CONFLICT DO NOTHING
    RETURNING shop_id, event_name, reason
)
SELECT shop_id, event_name, reason, count(*) FROM kept GROUP BY shop_id, event_name, reason
ORDER BY shop_id, event_name, reason
