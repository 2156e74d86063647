-- Purpose: the same page, of customers who were found by their words: a look-up each, then sorted.
-- Rows: PAGE_ROWS + 1, of 20,000 at most. Index: the primary key.
SELECT c.id, c.name, c.email, c.phone, c.user_id, c.country, c.locale, c.first_seen_at, c.last_seen_at
FROM unnest(%(ids)s::bigint[]) AS found (id), LATERAL (
    SELECT * FROM customers_customer WHERE shop_id = %(shop)s AND customers_customer.id = found.id OFFSET 0
) AS c
WHERE (%(after_at)s::timestamptz IS NULL OR (c.last_seen_at, c.id) < (%(after_at)s, %(after_id)s))
  AND NOT EXISTS (SELECT FROM customers_alias a WHERE a.shop_id = c.shop_id AND a.customer_id = c.id)
ORDER BY c.last_seen_at DESC, c.id DESC
LIMIT %(rows)s
