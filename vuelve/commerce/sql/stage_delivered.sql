-- Purpose: `Order Delivered`, once an order, when its last parcel arrives; not of history, and not of a cancelled order.
-- That it was told is noted on the key, so that a parcel sent later does not tell it again.
-- Rows: few. Index: primary keys of commerce_order and commerce_order_key.
WITH arrived AS (
    UPDATE commerce_order_key k SET told_delivered = true
    FROM pg_temp.commerce_touch t
    JOIN commerce_order o ON o.shop_id = t.shop_id AND o.customer_id = t.customer_id AND o.order_id = t.order_id
    WHERE NOT t.told_delivered AND o.delivered_at IS NOT NULL AND k.shop_id = t.shop_id AND k.order_id = t.order_id
    RETURNING k.shop_id, k.order_id, o.customer_id, t.node_id, o.delivered_at, o.historical, t.is_claimed, t.cancelled_at
)
INSERT INTO pg_temp.event_staged (shop_id, name, occurred_at, message_id, customer_id, properties)
SELECT a.shop_id, 'Order Delivered', a.delivered_at, 'order-delivered:' || a.order_id, a.node_id,
       json_build_object('order_id', a.order_id, 'parcels', (
           SELECT count(*) FROM commerce_shipment s
           WHERE s.shop_id = a.shop_id AND s.customer_id = a.customer_id AND s.order_id = a.order_id))
FROM arrived a
WHERE NOT a.historical AND a.cancelled_at IS NULL
  AND (a.is_claimed OR EXISTS (
      SELECT FROM pg_temp.commerce_shipment_in p
      WHERE p.shop_id = a.shop_id AND p.order_id = a.order_id AND p.reason IS NULL AND NOT p.historical))
ORDER BY a.shop_id, a.order_id
