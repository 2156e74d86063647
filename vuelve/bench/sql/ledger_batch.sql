-- Purpose: a batch of `Order Completed` as consumers are given it. Rows: BATCH_ROWS. No index.
INSERT INTO pg_temp.event_batch (shop_id, seq, xid, kind, origin, historical, customer_id, occurred_at, received_at, name, source, message_id, properties)
SELECT %(shop)s, number, 1, 1, 0, false, 1 + number * 7919 %% %(customers)s, now(), now(), 'Order Completed', 'api', 'm' || number,
       json_build_object('order_id', 'order-' || number, 'total', 105, 'currency', 'MXN',
                         'products', json_build_array(json_build_object('sku', 'sku-1', 'quantity', 1, 'price', 105)))
FROM generate_series(%(first)s::bigint, %(first)s::bigint + %(rows)s - 1) AS number
