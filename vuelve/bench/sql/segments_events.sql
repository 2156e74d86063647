-- Purpose: a slice of the log over 90 days, read by all consumers already, with properties of some 300 bytes. Rows: %(rows)s. No index.
INSERT INTO events_event (shop_id, xid, kind, origin, shard, customer_id, occurred_at, received_at, name, source, message_id, properties)
SELECT %(shop)s, 1, 1, 0, whose %% 8, whose, at, at, name, 'api', 'bench-' || (%(first)s + n),
       json_build_object(
           'order_id', 'o-' || (%(first)s + n), 'revenue', (n * 37 %% 90000) / 100.0, 'currency', 'MXN',
           'products', json_build_array(
               json_build_object('sku', 'sku-' || n %% 5000, 'qty', 1 + n %% 3, 'price', (n %% 9000) / 100.0),
               json_build_object('sku', 'sku-' || n * 7 %% 5000, 'qty', 1, 'price', (n * 3 %% 9000) / 100.0)),
           'url', 'https://shop.example/p/' || n %% 5000, 'utm_source', (ARRAY['google', 'facebook', 'mail', 'direct'])[1 + n %% 4],
           'device', (ARRAY['mobile', 'desktop', 'tablet'])[1 + n %% 3])
FROM (
    SELECT n, 1 + (hashint8(%(first)s + n) & 2147483647)::bigint %% %(customers)s AS whose,
           %(now)s::timestamptz - interval '90 days' * ((hashint8(7 * (%(first)s + n) + 3) & 2147483647)::float8 / 2147483648) AS at,
           CASE WHEN k < 20 THEN 'Order Completed' WHEN k < 60 THEN 'Product Viewed' WHEN k < 80 THEN 'Product Added'
                WHEN k < 90 THEN 'Checkout Started' ELSE 'page' END AS name
    FROM (SELECT n, (hashint8(13 * (%(first)s + n) + 5) & 2147483647) %% 100 AS k FROM generate_series(1, %(rows)s::bigint) AS n) AS dice
) AS made
