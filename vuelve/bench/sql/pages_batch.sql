-- Purpose: some of the orders as the loyalty consumer is given them. Rows: %(rows)s. Index: events_event_customer's shop.
INSERT INTO pg_temp.event_batch
SELECT * FROM events_event WHERE shop_id = %(shop)s AND name = 'Order Completed' AND seq > %(after)s ORDER BY seq LIMIT %(rows)s
