-- Purpose: the customers of the benchmark of segments. Rows: %(customers)s. No index. Of ten three are in MX, three in the US, two in BR, two in ES.
WITH made AS (
    INSERT INTO customers_customer (shop_id, id, user_id, email, locale, country, created_at, first_seen_at, last_seen_at)
    SELECT %(shop)s, n, 'u' || n, 'u' || n || '@example.com', 'es-MX',
           CASE WHEN n %% 10 < 3 THEN 'MX' WHEN n %% 10 < 6 THEN 'US' WHEN n %% 10 < 8 THEN 'BR' ELSE 'ES' END,
           %(now)s::timestamptz - interval '90 days', %(now)s::timestamptz - interval '90 days', %(now)s
    FROM generate_series(1, %(customers)s::bigint) AS n
    RETURNING id
)
INSERT INTO customers_trait (shop_id, customer_id, name, text_value, text_key, number_value, set_at, message_id, source)
SELECT %(shop)s, id, name, CASE name WHEN 'plan' THEN (ARRAY['free', 'pro', 'team'])[1 + id %% 3] END,
       CASE name WHEN 'plan' THEN (ARRAY['free', 'pro', 'team'])[1 + id %% 3] END, CASE name WHEN 'age' THEN 18 + id %% 60 END,
       %(now)s, 'm', 'api'
FROM made, unnest(ARRAY['plan', 'age']) AS name
