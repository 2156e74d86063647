-- Purpose: orders of a period, and those whose customer had ordered before, by day of the shop's zone. Cancelled ones count as none.
-- Rows: one per day with orders. Index: commerce_order_time, then commerce_order's primary key for each order's customer.
SELECT (o.ordered_at AT TIME ZONE %(zone)s)::date AS day, count(*), count(*) FILTER (WHERE earlier.is_there)
FROM (
    SELECT customer_id, order_id, ordered_at FROM commerce_order
    WHERE shop_id = %(shop)s AND ordered_at >= %(start)s AND ordered_at < %(end)s AND status <> 'cancelled'
) AS o
LEFT JOIN LATERAL (
    SELECT canonical_id FROM customers_alias WHERE shop_id = %(shop)s AND customer_id = o.customer_id LIMIT 1
) AS alias ON true
CROSS JOIN LATERAL (
    SELECT EXISTS (
        SELECT FROM (
            SELECT coalesce(alias.canonical_id, o.customer_id) AS id
            UNION ALL
            SELECT customer_id FROM customers_alias
            WHERE shop_id = %(shop)s AND canonical_id = coalesce(alias.canonical_id, o.customer_id)
        ) AS whose, LATERAL (
            SELECT FROM commerce_order p
            WHERE p.shop_id = %(shop)s AND p.customer_id = whose.id AND p.status <> 'cancelled'
              AND (p.ordered_at, p.order_id) < (o.ordered_at, o.order_id) LIMIT 1
        ) AS before
    ) AS is_there
) AS earlier
GROUP BY day
