-- Purpose: `Order Milestone Reached` for each live event that moved its shipment forward; one that comes too late, or
-- again, moves nothing and says nothing; nor does the parcel of a cancelled order.
-- Rows: up to the shipment events of a batch. Index: commerce_shipment's primary key.
INSERT INTO pg_temp.event_staged (shop_id, name, occurred_at, message_id, customer_id, properties)
SELECT p.shop_id, 'Order Milestone Reached', p.at,
       'milestone:' || json_build_array(p.order_id, p.shipment_id, p.milestone)::text, p.node_id,
       json_strip_nulls(json_build_object(
           'milestone_id', p.order_id || ':' || p.shipment_id || ':' || n.name,
           'order_id', p.order_id, 'shipment_id', p.shipment_id, 'milestone', n.name,
           'tracking_url', s.tracking_url, 'tracking_number', s.tracking_number,
            'carrier', s.carrier, 'eta_date', s.eta_date))
FROM (
    SELECT p.*, greatest(p.stored, max(p.milestone) OVER (
        PARTITION BY p.shop_id, p.customer_id, p.order_id, p.shipment_id ORDER BY p.xid, p.seq
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS before
    FROM pg_temp.commerce_shipment_in p WHERE p.reason IS NULL
) p
JOIN pg_temp.commerce_touch t ON t.shop_id = p.shop_id AND t.order_id = p.order_id
JOIN unnest(%(names)s::text[]) WITH ORDINALITY AS n (name, milestone) ON n.milestone = p.milestone
JOIN commerce_shipment s ON (s.shop_id, s.customer_id, s.order_id, s.shipment_id)
                          = (p.shop_id, p.customer_id, p.order_id, p.shipment_id)
WHERE p.milestone > p.before AND NOT p.historical AND t.cancelled_at IS NULL
ORDER BY p.xid, p.seq
