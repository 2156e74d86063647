-- Purpose: the order that is as an event said. Rows: 0 or 1. Index: commerce_order's primary key: one customer's orders.
SELECT order_id, total_minor, currency FROM commerce_order
WHERE shop_id = %(shop)s AND customer_id = ANY (%(customers)s) AND event_seq = %(seq)s
