-- Purpose: runs by user id of the journey that one event enters, each entered by an event of that name and customer.
-- Rows: one a customer with runs.
SELECT c.user_id, count(*)
FROM journeys_run r
JOIN customers_customer c ON c.shop_id = r.shop_id AND c.id = r.customer_id
JOIN events_event e ON e.shop_id = r.shop_id AND e.xid = r.event_xid AND e.seq = r.event_seq
WHERE r.shop_id = %(shop)s AND e.name = %(event)s AND e.user_id = c.user_id
GROUP BY c.user_id
