-- Purpose: for lists of customers: orders, and what was spent in the shop's currency, of some customers.
-- Rows: one a customer that has ordered. Index: commerce_order's primary key (shop, customer).
SELECT coalesce(a.canonical_id, o.customer_id), count(*), coalesce(sum(o.total_minor) FILTER (WHERE o.currency = %(currency)s), 0)::bigint
FROM commerce_order o
LEFT JOIN customers_alias a ON a.shop_id = o.shop_id AND a.customer_id = o.customer_id
WHERE o.shop_id = %(shop)s AND o.customer_id = ANY (%(ids)s)
GROUP BY 1
