-- Purpose: make the shipments that are new and lock the others, so that `stored` is true until the batch commits.
-- Rows: the distinct shipments of a batch. Index: commerce_shipment's primary key. ORDER BY against deadlocks.
-- The update changes nothing: it is what locks the row and returns it.
WITH held AS (
    INSERT INTO commerce_shipment AS s (shop_id, customer_id, order_id, shipment_id, milestone, updated_at)
    SELECT DISTINCT shop_id, customer_id, order_id, shipment_id, 1, '-infinity'::timestamptz
    FROM pg_temp.commerce_shipment_in WHERE reason IS NULL
    ORDER BY shop_id, customer_id, order_id, shipment_id
    ON CONFLICT (shop_id, customer_id, order_id, shipment_id) DO UPDATE SET milestone = s.milestone
    RETURNING s.shop_id, s.customer_id, s.order_id, s.shipment_id, s.milestone
)
UPDATE pg_temp.commerce_shipment_in p SET stored = held.milestone
FROM held
WHERE (p.shop_id, p.customer_id, p.order_id, p.shipment_id)
    = (held.shop_id, held.customer_id, held.order_id, held.shipment_id) AND p.reason IS NULL
