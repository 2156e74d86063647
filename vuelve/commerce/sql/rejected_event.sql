-- Purpose: why an event was rejected. Rows: 0 or 1. Index: commerce_rejected's primary key.
SELECT reason, order_id FROM commerce_rejected
WHERE shop_id = %(shop)s AND customer_id = ANY (%(customers)s) AND event_seq = %(seq)s
