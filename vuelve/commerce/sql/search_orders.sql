-- Purpose: orders for the search in the top bar: whose number begins with what was typed.
-- Rows: at most %(hits)s. Index: primary key of commerce_order_key (shop_id, order_id), then that of commerce_order.
SELECT found.order_id, found.customer_id, placed.ordered_at, placed.total_minor, placed.currency
FROM (
    SELECT order_id, customer_id FROM commerce_order_key
    WHERE shop_id = %(shop)s AND order_id >= %(prefix)s AND order_id < %(prefix)s || chr(1114111)
    ORDER BY order_id LIMIT %(hits)s
) AS found
JOIN commerce_order AS placed
  ON placed.shop_id = %(shop)s AND placed.customer_id = found.customer_id AND placed.order_id = found.order_id
ORDER BY found.order_id
