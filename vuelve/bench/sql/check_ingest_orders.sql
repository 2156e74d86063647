-- Purpose: orders by user id, those whose two lines do not add up to their total left out. Rows: one a customer with orders.
SELECT c.user_id, count(*)
FROM commerce_order o
JOIN customers_customer c ON c.shop_id = o.shop_id AND c.id = o.customer_id
JOIN (SELECT customer_id, order_id, sum(amount_minor) AS amount_minor, count(*) AS lines
      FROM commerce_item WHERE shop_id = %(shop)s GROUP BY customer_id, order_id) i
    ON i.customer_id = o.customer_id AND i.order_id = o.order_id
WHERE o.shop_id = %(shop)s AND i.lines = 2 AND i.amount_minor = o.total_minor
GROUP BY c.user_id
