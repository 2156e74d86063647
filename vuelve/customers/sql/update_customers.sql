-- Purpose: the profiles that identify calls, merges and new identifiers changed. Rows: up to a batch. Index: the primary key.
UPDATE customers_customer c
SET user_id = p.user_id, email = p.email, phone = p.phone, first_name = p.first_name, last_name = p.last_name,
    name = p.name, search_key = p.search_key, locale = p.locale, country = p.country, time_zone = p.time_zone,
    created_at = p.created_at,
    first_seen_at = least(c.first_seen_at, p.first_at, s.first_at),
    last_seen_at = greatest(c.last_seen_at, p.last_at, s.last_at)
FROM pg_temp.customers_profile p
LEFT JOIN pg_temp.customers_seen s ON s.shop_id = p.shop_id AND s.customer_id = p.customer_id
WHERE NOT p.is_new AND c.shop_id = p.shop_id AND c.id = p.customer_id
