-- Purpose: what to call each of some customers by, under the ids that were asked. Rows: one an id.
-- Index: customers_alias's and customers_customer's primary keys. The id is a column of its own first: a join on
-- coalesce(...) does not reach an index behind row-level security.
WITH asked AS MATERIALIZED (
    SELECT u.id, coalesce(a.canonical_id, u.id) AS canonical_id
    FROM unnest(%(ids)s::bigint[]) AS u (id)
    LEFT JOIN customers_alias a ON a.shop_id = %(shop)s AND a.customer_id = u.id
)
SELECT asked.id, coalesce(c.name, c.email, c.phone, c.user_id, '')
FROM asked JOIN customers_customer c ON c.shop_id = %(shop)s AND c.id = asked.canonical_id
