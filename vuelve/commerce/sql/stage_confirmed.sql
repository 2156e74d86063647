-- Purpose: `Order Milestone Reached` (confirmed) of the new live orders, unless one of their shipments is already past it,
-- or they were cancelled before they came.
-- Rows: the live orders of a batch. Index: commerce_shipment's primary key.
INSERT INTO pg_temp.event_staged (shop_id, name, occurred_at, message_id, customer_id, properties)
SELECT h.shop_id, 'Order Milestone Reached', h.ordered_at, 'milestone:' || json_build_array(h.order_id, '', 1)::text,
       h.node_id,
       json_build_object('milestone_id', h.order_id || '::confirmed', 'order_id', h.order_id, 'milestone', 'confirmed')
FROM pg_temp.commerce_order_in h
JOIN pg_temp.commerce_touch t ON t.shop_id = h.shop_id AND t.order_id = h.order_id
WHERE h.is_new AND NOT h.historical AND t.cancelled_at IS NULL
  AND NOT EXISTS (
      SELECT FROM commerce_shipment s
      WHERE s.shop_id = h.shop_id AND s.customer_id = h.customer_id AND s.order_id = h.order_id AND s.milestone > 1)
  AND NOT EXISTS (
      SELECT FROM pg_temp.commerce_shipment_in p
      WHERE p.shop_id = h.shop_id AND p.order_id = h.order_id AND p.milestone > 1 AND p.reason IS NULL
        AND (p.xid, p.seq) < (h.xid, h.seq))
ORDER BY h.xid, h.seq
