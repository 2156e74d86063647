-- Purpose: where the shipments of a batch are now. Milestones only move forward; carrier, address and day of arrival
-- are those of the newest event that names them.
-- Rows: the distinct shipments of a batch. Index: commerce_shipment's primary key.
UPDATE commerce_shipment s
SET milestone = greatest(s.milestone, n.milestone),
    carrier = CASE WHEN n.at >= s.updated_at THEN coalesce(n.carrier, s.carrier) ELSE coalesce(s.carrier, n.carrier) END,
    tracking_url = CASE WHEN n.at >= s.updated_at THEN coalesce(n.tracking_url, s.tracking_url)
                        ELSE coalesce(s.tracking_url, n.tracking_url) END,
    eta_date = CASE WHEN n.at >= s.updated_at THEN coalesce(n.eta_date, s.eta_date) ELSE coalesce(s.eta_date, n.eta_date) END,
    updated_at = greatest(s.updated_at, n.at)
FROM (
    SELECT shop_id, customer_id, order_id, shipment_id, max(milestone) AS milestone, max(occurred_at) AS at,
           (array_agg(carrier ORDER BY occurred_at DESC, seq DESC) FILTER (WHERE carrier IS NOT NULL))[1] AS carrier,
           (array_agg(tracking_url ORDER BY occurred_at DESC, seq DESC) FILTER (WHERE tracking_url IS NOT NULL))[1] AS tracking_url,
           (array_agg(eta_date ORDER BY occurred_at DESC, seq DESC) FILTER (WHERE eta_date IS NOT NULL))[1] AS eta_date
    FROM pg_temp.commerce_shipment_in WHERE reason IS NULL
    GROUP BY shop_id, customer_id, order_id, shipment_id
) n
WHERE (s.shop_id, s.customer_id, s.order_id, s.shipment_id) = (n.shop_id, n.customer_id, n.order_id, n.shipment_id)
