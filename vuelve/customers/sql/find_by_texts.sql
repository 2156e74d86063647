-- Purpose: whom each text names: as a user id, else an e-mail, else a phone; the id that counts now.
-- Rows: one a text that is somebody's. Index: primary keys of customers_identifier and customers_alias.
-- LATERAL with LIMIT: one look-up each, whatever the statistics say.
SELECT asked.ordinal, coalesce(a.canonical_id, known.customer_id)
FROM unnest(%(texts)s::text[], %(emails)s::text[], %(phones)s::text[]) WITH ORDINALITY AS asked (text, email, phone, ordinal)
CROSS JOIN LATERAL (
    SELECT i.customer_id FROM customers_identifier i
    WHERE i.shop_id = %(shop)s
      AND ((i.kind = 1 AND i.value = asked.text) OR (i.kind = 2 AND i.value = asked.email) OR (i.kind = 3 AND i.value = asked.phone))
    ORDER BY i.kind LIMIT 1
) AS known
LEFT JOIN customers_alias a ON a.shop_id = %(shop)s AND a.customer_id = known.customer_id
