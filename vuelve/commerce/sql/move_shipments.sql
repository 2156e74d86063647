-- Purpose: a merged customer's shipments go to the canonical customer. Both may have a row for a shipment whose order is
-- not known: the milestone that is further stays, and the newer facts.
-- Rows: those of the merged customers. Index: commerce_shipment's primary key.
WITH gone AS (
    DELETE FROM commerce_shipment s USING pg_temp.commerce_merge_in m
    WHERE s.shop_id = m.shop_id AND s.customer_id = m.from_id
    RETURNING m.into_id, s.*
), once AS (
    -- Two customers merged into one at the same time may both bring it.
    SELECT shop_id, into_id, order_id, shipment_id, max(milestone) AS milestone, max(updated_at) AS updated_at,
           (array_agg(carrier ORDER BY updated_at DESC) FILTER (WHERE carrier IS NOT NULL))[1] AS carrier,
           (array_agg(tracking_url ORDER BY updated_at DESC) FILTER (WHERE tracking_url IS NOT NULL))[1] AS tracking_url,
           (array_agg(eta_date ORDER BY updated_at DESC) FILTER (WHERE eta_date IS NOT NULL))[1] AS eta_date
    FROM gone
    GROUP BY shop_id, into_id, order_id, shipment_id
)
INSERT INTO commerce_shipment AS s (shop_id, customer_id, order_id, shipment_id, milestone, carrier, tracking_url,
    eta_date, updated_at)
SELECT shop_id, into_id, order_id, shipment_id, milestone, carrier, tracking_url, eta_date, updated_at
FROM once ORDER BY shop_id, into_id, order_id, shipment_id
ON CONFLICT (shop_id, customer_id, order_id, shipment_id) DO UPDATE SET
    milestone = greatest(s.milestone, excluded.milestone),
    carrier = CASE WHEN excluded.updated_at > s.updated_at THEN coalesce(excluded.carrier, s.carrier)
                   ELSE coalesce(s.carrier, excluded.carrier) END,
    tracking_url = CASE WHEN excluded.updated_at > s.updated_at THEN coalesce(excluded.tracking_url, s.tracking_url)
                        ELSE coalesce(s.tracking_url, excluded.tracking_url) END,
    eta_date = CASE WHEN excluded.updated_at > s.updated_at THEN coalesce(excluded.eta_date, s.eta_date)
                    ELSE coalesce(s.eta_date, excluded.eta_date) END,
    updated_at = greatest(s.updated_at, excluded.updated_at)
