-- Purpose: orders and what was spent, by currency, of some customers. What was refunded is not spent; a cancelled order is
-- none. Rows: one a customer that has ordered, and currency. Index: commerce_order's primary key (shop, customer).
SELECT coalesce(a.canonical_id, o.customer_id), o.currency, count(*), sum(o.total_minor - o.refunded_minor)::bigint,
       max(o.ordered_at)
FROM commerce_order o
LEFT JOIN customers_alias a ON a.shop_id = o.shop_id AND a.customer_id = o.customer_id
WHERE o.shop_id = %(shop)s AND o.customer_id = ANY (%(ids)s) AND o.status <> 'cancelled'
GROUP BY 1, 2
ORDER BY 1, 3 DESC, 2
