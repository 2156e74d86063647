-- Purpose: one page of the list of customers, those seen last first; merged ones count for another and are left out.
-- Rows: PAGE_ROWS + 1. Index: customers_customer_recent; what is filtered here one in 500 has, and the page is full soon.
SELECT c.id, c.name, c.email, c.phone, c.user_id, c.country, c.locale, c.first_seen_at, c.last_seen_at
FROM customers_customer c
WHERE c.shop_id = %(shop)s
  AND (%(after_at)s::timestamptz IS NULL OR c.last_seen_at <= %(after_at)s)
  AND (%(after_at)s::timestamptz IS NULL OR (c.last_seen_at, c.id) < (%(after_at)s, %(after_id)s))
  AND (%(words)s::text[] IS NULL OR NOT EXISTS (SELECT FROM unnest(%(words)s::text[]) AS word WHERE strpos(c.search_key, word) = 0))
  AND (%(country)s::text IS NULL OR c.country = %(country)s)
  AND NOT EXISTS (SELECT FROM customers_alias a WHERE a.shop_id = c.shop_id AND a.customer_id = c.id)
ORDER BY c.last_seen_at DESC, c.id DESC
LIMIT %(rows)s
