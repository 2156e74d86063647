-- Purpose: keep what was said about parcels, each event once. Rows: the shipment events of a batch.
-- Index: commerce_shipment_checkpoint's primary key.
WITH added AS (
    INSERT INTO commerce_shipment_checkpoint (shop_id, customer_id, node_id, order_id, shipment_id, said_at, message_id, status,
        milestone, message, carrier, tracking_number, tracking_url, eta_date, items)
    SELECT shop_id, customer_id, node_id, order_id, shipment_id, at, message_id, status, milestone, message, carrier,
           tracking_number, tracking_url, eta_date, items
    FROM pg_temp.commerce_shipment_in WHERE reason IS NULL
    ORDER BY shop_id, customer_id, order_id, shipment_id, at, message_id
    ON CONFLICT DO NOTHING
    RETURNING shop_id, order_id, shipment_id, said_at, message_id
)
UPDATE pg_temp.commerce_shipment_in p SET is_fresh = true
FROM added a
WHERE (p.shop_id, p.order_id, p.shipment_id, p.at, p.message_id) = (a.shop_id, a.order_id, a.shipment_id, a.said_at, a.message_id)
  AND p.reason IS NULL
