-- Purpose: who is told that points expire soon. Rows: customers with such lots. Index: loyalty_lot_due.
INSERT INTO pg_temp.event_staged (shop_id, name, occurred_at, message_id, customer_id, properties)
SELECT shop_id, 'Points Expiring', %(now)s, 'expiring:' || customer_id || ':' || extract(epoch FROM expires_at)::bigint || ':' || %(days)s::text,
       customer_id, json_build_object('points', sum(remaining), 'expires_at', expires_at, 'days', %(days)s::integer)
FROM loyalty_lot
WHERE shop_id = %(shop)s AND due_at > %(since)s AND due_at <= %(until)s AND state = 1 AND remaining > 0
GROUP BY shop_id, customer_id, expires_at
