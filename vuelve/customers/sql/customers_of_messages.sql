-- Purpose: who messages are for, after merges. Rows: one a customer, up to DISPATCH_BATCH_ROWS.
-- Index: primary keys of customers_alias and customers_customer.
SELECT wanted.id AS asked_id, c.id, c.user_id, c.email, c.phone, c.first_name, c.last_name, c.name, c.locale, c.country,
       c.time_zone, c.created_at
FROM unnest(%(customers)s::bigint[]) AS wanted (id)
LEFT JOIN customers_alias a ON a.shop_id = %(shop)s AND a.customer_id = wanted.id
JOIN customers_customer c ON c.shop_id = %(shop)s AND c.id = coalesce(a.canonical_id, wanted.id)
