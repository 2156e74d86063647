-- Purpose: the customers that a batch met for the first time. Rows: up to a batch. Index: the primary key.
INSERT INTO customers_customer (shop_id, id, user_id, email, phone, first_name, last_name, name, search_key, locale, country,
                                time_zone, created_at, first_seen_at, last_seen_at)
SELECT p.shop_id, p.customer_id, p.user_id, p.email, p.phone, p.first_name, p.last_name, p.name, p.search_key, p.locale,
       p.country, p.time_zone, p.created_at, least(p.first_at, s.first_at), greatest(p.last_at, s.last_at)
FROM pg_temp.customers_profile p
LEFT JOIN pg_temp.customers_seen s ON s.shop_id = p.shop_id AND s.customer_id = p.customer_id
WHERE p.is_new
