-- Purpose: orders whose id or number begins with what was typed, for the search in the top bar and the list of orders.
-- Rows: at most %(hits)s. Index: primary keys of commerce_order_key and commerce_order; commerce_order_number.
SELECT DISTINCT o.order_id, o.order_number, o.customer_id, o.ordered_at, o.total_minor, o.refunded_minor, o.currency, o.status
FROM (
    (SELECT k.order_id, k.customer_id FROM commerce_order_key k
     WHERE k.shop_id = %(shop)s AND k.order_id >= %(prefix)s AND k.order_id < %(prefix)s || chr(1114111) AND k.claim_rank = 1
     ORDER BY k.order_id LIMIT %(hits)s)
    UNION ALL
    (SELECT n.order_id, n.customer_id FROM commerce_order n
     WHERE n.shop_id = %(shop)s AND n.order_number >= '#' || %(prefix)s AND n.order_number < '#' || %(prefix)s || chr(1114111)
     ORDER BY n.order_number LIMIT %(hits)s)
    UNION ALL
    (SELECT n.order_id, n.customer_id FROM commerce_order n
     WHERE n.shop_id = %(shop)s AND n.order_number >= %(prefix)s AND n.order_number < %(prefix)s || chr(1114111)
     ORDER BY n.order_number LIMIT %(hits)s)
) AS found
JOIN commerce_order o
  ON o.shop_id = %(shop)s AND o.customer_id = found.customer_id AND o.order_id = found.order_id
ORDER BY o.order_id
LIMIT %(hits)s
