-- Purpose: the notices for those who keep rows of customers; of nodes that nobody has met yet there are none.
-- Rows: few a batch. No index: temporary tables. A node may move to and fro: each notice has a number of its own.
INSERT INTO pg_temp.event_staged (shop_id, kind, name, occurred_at, message_id, customer_id, properties)
SELECT shop_id, 1, %(name)s, %(now)s, 'moved:' || node_id || ':' || nextval('customers_id'), node_id,
       json_build_object('node_id', node_id, 'from_id', from_id, 'into_id', into_id)
FROM pg_temp.customers_moving WHERE NOT is_new
ORDER BY shop_id, node_id
