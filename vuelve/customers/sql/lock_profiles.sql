-- Purpose: the present profiles of touched customers and of those merged into them, locked. Rows: up to a batch.
-- Index: customers_customer's primary key. ORDER BY: two writers would otherwise deadlock.
SELECT c.shop_id, coalesce(m.into_id, c.id) AS customer_id, m.into_id IS NOT NULL AS is_merged, c.user_id, c.email, c.phone,
       c.first_name, c.last_name, c.name, c.locale, c.country, c.time_zone, c.created_at, c.first_seen_at, c.last_seen_at
FROM (
    SELECT shop_id, customer_id FROM pg_temp.customers_touched UNION SELECT shop_id, from_id FROM pg_temp.customers_merging
) t
JOIN customers_customer c ON c.shop_id = t.shop_id AND c.id = t.customer_id
LEFT JOIN pg_temp.customers_merging m ON m.shop_id = c.shop_id AND m.from_id = c.id
ORDER BY c.shop_id, c.id
FOR NO KEY UPDATE OF c
