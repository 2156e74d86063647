-- Purpose: a month of the log, read by all consumers already. Some customers do far more than others; one did 20,000 things.
-- Rows: %(rows)s. No index.
INSERT INTO events_event (shop_id, xid, kind, origin, shard, customer_id, occurred_at, received_at, name, source, message_id, properties)
SELECT %(shop)s, 1, 1, 0, whose %% 16, whose, at, at, name, 'api', 'bench-' || %(first)s + n,
       json_build_object('order_id', 'o-' || (%(first)s + n), 'product_id', 'p-' || n %% 5000, 'total', n %% 900, 'currency', 'MXN')
FROM (
    SELECT n, CASE WHEN n %% 250 = 0 THEN 1 ELSE 1 + (power(random(), 2) * (%(customers)s - 1))::bigint END AS whose,
           %(since)s::timestamptz + (%(until)s::timestamptz - %(since)s::timestamptz) * (n::float8 / %(rows)s) AS at,
           CASE WHEN n %% 100 < 16 THEN 'Order Completed' WHEN n %% 100 < 26 THEN 'Product Added' WHEN n %% 100 < 30 THEN 'Checkout Started'
                WHEN n %% 100 < 80 THEN 'Product Viewed' ELSE 'Page Viewed' END AS name
    FROM generate_series(1, %(rows)s::bigint) AS n
) AS made
