-- Purpose: the newest orders of one customer with how far their parcels are, for the customer's page.
-- Rows: at most %(rows)s. Index: commerce_order's and commerce_shipment's primary keys (shop, customer).
SELECT o.order_id, o.ordered_at, o.total_minor, o.currency, o.coupon_code,
       (SELECT sum(i.quantity) FROM commerce_item i WHERE i.shop_id = o.shop_id AND i.customer_id = o.customer_id AND i.order_id = o.order_id)::bigint AS pieces,
       (SELECT min(s.milestone) FROM commerce_shipment s WHERE s.shop_id = o.shop_id AND s.customer_id = o.customer_id AND s.order_id = o.order_id) AS milestone
FROM commerce_order o
WHERE o.shop_id = %(shop)s AND o.customer_id = ANY (%(ids)s)
ORDER BY o.ordered_at DESC, o.order_id DESC
LIMIT %(rows)s
