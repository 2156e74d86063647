-- Purpose: how far the parcels of some orders are, for lists. Rows: one an order with parcels.
-- Index: commerce_shipment's primary key.
SELECT w.order_id, min(s.milestone) AS milestone, count(*) AS parcels, max(s.problem) AS problem
FROM unnest(%(customers)s::bigint[], %(orders)s::text[]) AS w (customer_id, order_id)
JOIN commerce_shipment s ON s.shop_id = %(shop)s AND s.customer_id = w.customer_id AND s.order_id = w.order_id
GROUP BY w.order_id
