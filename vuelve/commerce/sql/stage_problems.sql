-- Purpose: `Shipment Problem Reported` and `Shipment Ready For Pickup`: once a parcel and kind, by live events, while it has
-- not been delivered and its order not cancelled.
-- Rows: few. Index: commerce_shipment_checkpoint's primary key.
INSERT INTO pg_temp.event_staged (shop_id, name, occurred_at, message_id, customer_id, properties)
SELECT p.shop_id, CASE WHEN p.status = 'pickup_ready' THEN 'Shipment Ready For Pickup' ELSE 'Shipment Problem Reported' END,
       p.at, 'shipment:' || json_build_array(p.order_id, p.shipment_id, p.status)::text, p.node_id,
       json_strip_nulls(json_build_object(
           'report_id', p.order_id || ':' || p.shipment_id || ':' || p.status, 'order_id', p.order_id,
           'shipment_id', p.shipment_id, 'problem', nullif(p.status, 'pickup_ready'), 'message', p.message,
           'tracking_url', s.tracking_url, 'tracking_number', s.tracking_number, 'carrier', s.carrier, 'eta_date', s.eta_date))
FROM (
    SELECT *, row_number() OVER (PARTITION BY shop_id, order_id, shipment_id, status, is_fresh ORDER BY xid, seq) AS place,
           greatest(stored, max(milestone) OVER (PARTITION BY shop_id, order_id, shipment_id ORDER BY xid, seq
                                                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS before
    FROM pg_temp.commerce_shipment_in WHERE reason IS NULL
) p
JOIN pg_temp.commerce_touch t ON t.shop_id = p.shop_id AND t.order_id = p.order_id
JOIN commerce_shipment s ON (s.shop_id, s.customer_id, s.order_id, s.shipment_id)
                          = (p.shop_id, p.customer_id, p.order_id, p.shipment_id)
WHERE p.is_fresh AND p.status IN ('attempt_failed', 'exception', 'expired', 'pickup_ready')
  AND p.place = 1 AND p.before < 5 AND NOT p.historical AND t.cancelled_at IS NULL
  AND NOT EXISTS (
      SELECT FROM commerce_shipment_checkpoint c
      WHERE c.shop_id = p.shop_id AND c.customer_id = p.customer_id AND c.order_id = p.order_id
        AND c.shipment_id = p.shipment_id AND c.status = p.status
        AND NOT EXISTS (
            SELECT FROM pg_temp.commerce_shipment_in q
            WHERE q.is_fresh AND q.shop_id = c.shop_id AND q.order_id = c.order_id AND q.shipment_id = c.shipment_id
              AND q.at = c.said_at AND q.message_id = c.message_id))
ORDER BY p.xid, p.seq
