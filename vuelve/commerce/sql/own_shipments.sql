-- Purpose: shipments belong to whom their order belongs; carriers know orders, not customers. And where each parcel was
-- before the batch. Rows: the shipment events of a batch. Index: commerce_shipment's primary key.
UPDATE pg_temp.commerce_shipment_in p
SET customer_id = w.customer_id, node_id = w.node_id, stored = coalesce(s.milestone, 1)
FROM (
    SELECT i.seq, i.shipment_id, t.shop_id, t.order_id, t.customer_id, t.node_id
    FROM pg_temp.commerce_shipment_in i
    JOIN pg_temp.commerce_touch t ON t.shop_id = i.shop_id AND t.order_id = i.order_id
    WHERE i.reason IS NULL
) w
LEFT JOIN commerce_shipment s ON s.shop_id = w.shop_id AND s.customer_id = w.customer_id AND s.order_id = w.order_id
                             AND s.shipment_id = w.shipment_id
WHERE p.seq = w.seq
