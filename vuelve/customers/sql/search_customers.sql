-- Purpose: customers for the search in the top bar: whose user id, e-mail or phone begins with what was typed, then those
--   found by their words (%(ids)s); where too many have the words, those seen last who have them.
-- Rows: at most %(hits)s.
-- Index: primary key of customers_identifier (shop_id, kind, value) for the beginnings; the primary key for the ids;
--   customers_customer_recent for the rest, which looks at %(recent)s rows at most.
WITH by_identifier AS (
    SELECT coalesce(alias.canonical_id, identifier.customer_id) AS id
    FROM unnest(ARRAY[1, 2, 3]::smallint[]) AS wanted (kind),
    LATERAL (
        SELECT customer_id FROM customers_identifier
        WHERE shop_id = %(shop)s AND kind = wanted.kind
          AND value >= %(prefix)s AND value < %(prefix)s || chr(1114111)
        ORDER BY value LIMIT %(hits)s
    ) AS identifier
    LEFT JOIN customers_alias AS alias ON alias.shop_id = %(shop)s AND alias.customer_id = identifier.customer_id
), by_name AS (
    SELECT id
    FROM (
        SELECT id, search_key FROM customers_customer
        WHERE shop_id = %(shop)s AND %(ids)s::bigint[] IS NULL
        ORDER BY last_seen_at DESC, id DESC LIMIT %(recent)s
    ) AS recent
    WHERE NOT EXISTS (SELECT FROM unnest(%(words)s::text[]) AS word WHERE strpos(search_key, word) = 0)
      AND NOT EXISTS (SELECT FROM customers_alias AS alias WHERE alias.shop_id = %(shop)s AND alias.customer_id = recent.id)
    LIMIT %(hits)s
), hits AS (
    SELECT id, min(rank) AS rank
    FROM (SELECT id, 1 AS rank FROM by_identifier
          UNION ALL SELECT unnest(%(ids)s::bigint[]), 2
          UNION ALL SELECT id, 2 FROM by_name) AS found
    GROUP BY id
)
-- LATERAL with OFFSET: one look-up a hit, also where statistics are old and the shop seems to have one customer.
SELECT customer.id, customer.name, customer.email, customer.user_id
FROM hits, LATERAL (
    SELECT id, name, email, user_id, last_seen_at FROM customers_customer
    WHERE shop_id = %(shop)s AND customers_customer.id = hits.id OFFSET 0
) AS customer
ORDER BY hits.rank, customer.last_seen_at DESC, customer.id DESC
LIMIT %(hits)s
