-- Purpose: keep what was rejected visible, and count it by reason. Rows: few. Index: commerce_rejected's primary key.
WITH rejected AS (
    SELECT shop_id, customer_id, seq, 'Order Completed' AS name, order_id, reason
    FROM pg_temp.commerce_order_in WHERE reason IS NOT NULL
    UNION ALL
    SELECT shop_id, customer_id, seq, 'Shipment Updated', order_id, reason
    FROM pg_temp.commerce_shipment_in WHERE reason IS NOT NULL
), kept AS (
    INSERT INTO commerce_rejected (shop_id, customer_id, event_seq, event_name, order_id, reason, rejected_at)
    SELECT shop_id, customer_id, seq, name, order_id, reason, %(now)s FROM rejected
    ON CONFLICT DO NOTHING
)
SELECT shop_id, name, reason, count(*) FROM rejected GROUP BY shop_id, name, reason ORDER BY shop_id, name, reason
