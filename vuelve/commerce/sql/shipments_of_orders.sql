-- Purpose: the shipments of orders, the one heard of last first. Rows: a few an order. Index: commerce_shipment's primary key.
SELECT s.order_id, s.shipment_id, s.milestone, s.status, s.carrier, s.tracking_number, s.tracking_url, s.eta_date, s.message,
       s.problem, s.delivered_at
FROM unnest(%(customers)s::bigint[], %(orders)s::text[]) AS w (customer_id, order_id)
JOIN commerce_shipment s ON s.shop_id = %(shop)s AND s.customer_id = w.customer_id AND s.order_id = w.order_id
ORDER BY s.order_id, s.updated_at DESC, s.shipment_id
