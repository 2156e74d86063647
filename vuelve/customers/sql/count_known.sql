-- Purpose: how many of these identifiers are a customer's already. Rows: up to some thousand asked about.
-- Index: customers_identifier's primary key. LATERAL with LIMIT: one look-up each, whatever the statistics say.
SELECT count(*)
FROM (
    SELECT 1::smallint AS kind, value FROM unnest(%(user_ids)s::text[]) AS value
    UNION ALL SELECT 2, value FROM unnest(%(emails)s::text[]) AS value
    UNION ALL SELECT 3, value FROM unnest(%(phones)s::text[]) AS value
) AS asked
CROSS JOIN LATERAL (
    SELECT FROM customers_identifier i
    WHERE i.shop_id = %(shop)s AND i.kind = asked.kind AND i.value = asked.value LIMIT 1
) AS known
