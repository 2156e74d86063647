-- Purpose: when customers were seen, of those whose profile did not change. Rows: up to a batch.
-- Index: customers_customer's primary key; customers_customer_recent must follow, so the update cannot stay in its page.
UPDATE customers_customer c
SET first_seen_at = least(c.first_seen_at, s.first_at), last_seen_at = greatest(c.last_seen_at, s.last_at)
FROM pg_temp.customers_seen s
WHERE c.shop_id = s.shop_id AND c.id = s.customer_id
  AND (s.first_at < c.first_seen_at OR s.last_at > c.last_seen_at)
  AND NOT EXISTS (SELECT FROM pg_temp.customers_profile p WHERE p.shop_id = s.shop_id AND p.customer_id = s.customer_id)
