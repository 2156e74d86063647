-- Purpose: the rows of new nodes; one that counts for another customer holds nothing. Rows: up to a batch.
-- Index: the primary key.
INSERT INTO customers_customer (shop_id, id, user_id, email, phone, first_name, last_name, name, search_key, locale, country,
                                time_zone, created_at, first_seen_at, last_seen_at, node_first_at, node_last_at)
SELECT n.shop_id, n.node_id, p.user_id, p.email, p.phone, p.first_name, p.last_name, p.name, p.search_key, p.locale,
       p.country, p.time_zone, coalesce(p.created_at, s.first_at, %(now)s), coalesce(s.first_at, %(now)s),
       coalesce(s.last_at, %(now)s), s.first_at, s.last_at
FROM pg_temp.customers_new n
LEFT JOIN pg_temp.customers_profile p ON p.shop_id = n.shop_id AND p.customer_id = n.node_id
LEFT JOIN pg_temp.customers_seen s ON s.shop_id = n.shop_id AND s.customer_id = n.node_id
ORDER BY n.shop_id, n.node_id
