-- Purpose: how many customers of MX have completed two orders or more in 30 days, asked of the lake (DuckDB). Rows: 1.
SELECT count(*) FROM customers_customer c
JOIN (
    SELECT coalesce(a.canonical_id, e.customer_id) AS customer_id, count(*) AS orders FROM events_event e
    LEFT JOIN customers_alias a ON a.customer_id = e.customer_id
    WHERE e.name = 'Order Completed' AND e.occurred_at > $now::TIMESTAMPTZ - INTERVAL 30 DAY AND e.occurred_at <= $now::TIMESTAMPTZ
    GROUP BY 1
) o ON o.customer_id = c.id
WHERE o.orders >= 2 AND c.country = 'MX'
