-- Purpose: when the last parcel of each order arrived; null while one is under way, or where the parcels say what is in
-- them and something is missing. Rows: the batch's orders with parcels.
-- Index: primary keys of commerce_shipment, commerce_item and commerce_order.
UPDATE commerce_order o
SET delivered_at = CASE WHEN n.has_arrived AND (NOT n.is_itemised OR n.shipped >= n.ordered) THEN n.delivered_at END
FROM (
    SELECT t.shop_id, t.customer_id, t.order_id, d.*,
           (SELECT coalesce(sum(i.quantity - i.refunded_quantity), 0) FROM commerce_item i
            WHERE i.shop_id = t.shop_id AND i.customer_id = t.customer_id AND i.order_id = t.order_id) AS ordered
    FROM pg_temp.commerce_touch t
    CROSS JOIN LATERAL (
        SELECT count(*) AS parcels, bool_and(s.milestone = 5) AS has_arrived, max(s.delivered_at) AS delivered_at,
               bool_and(s.items IS NOT NULL) AS is_itemised,
               sum((SELECT sum((e.item ->> 'quantity')::integer) FROM json_array_elements(s.items) AS e (item))) AS shipped
        FROM commerce_shipment s
        WHERE s.shop_id = t.shop_id AND s.customer_id = t.customer_id AND s.order_id = t.order_id
    ) d
    WHERE d.parcels > 0
) n
WHERE o.shop_id = n.shop_id AND o.customer_id = n.customer_id AND o.order_id = n.order_id
