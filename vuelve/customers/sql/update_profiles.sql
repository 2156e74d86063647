-- Purpose: the columns of customers whose traits, identifiers or nodes changed; one that counts for another holds nothing.
-- Rows: up to a batch. Index: the primary key. New rows have theirs already.
UPDATE customers_customer c
SET user_id = p.user_id, email = p.email, phone = p.phone, first_name = p.first_name, last_name = p.last_name,
    name = p.name, search_key = p.search_key, locale = p.locale, country = p.country, time_zone = p.time_zone,
    created_at = coalesce(p.created_at, c.first_seen_at)
FROM pg_temp.customers_profile p
WHERE c.shop_id = p.shop_id AND c.id = p.customer_id
  AND (c.user_id, c.email, c.phone, c.first_name, c.last_name, c.name, c.search_key, c.locale, c.country, c.time_zone, c.created_at)
      IS DISTINCT FROM (p.user_id, p.email, p.phone, p.first_name, p.last_name, p.name, p.search_key, p.locale, p.country,
                        p.time_zone, coalesce(p.created_at, c.first_seen_at))
