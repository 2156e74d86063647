-- Purpose: one order by its id. Rows: 0 or 1. Index: primary keys of commerce_order_key and commerce_order.
SELECT o.*, k.node_id AS owner_node_id
FROM commerce_order_key k
JOIN commerce_order o ON o.shop_id = k.shop_id AND o.customer_id = k.customer_id AND o.order_id = k.order_id
WHERE k.shop_id = %(shop)s AND k.order_id = %(order)s
