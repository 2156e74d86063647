-- Purpose: when customers who gained or lost a node were seen, from all of their nodes. Rows: two a move.
-- Index: customers_alias_canonical, customers_customer's primary key.
WITH moved AS MATERIALIZED (
    SELECT shop_id, from_id AS customer_id FROM pg_temp.customers_moving UNION SELECT shop_id, into_id FROM pg_temp.customers_moving
), seen AS MATERIALIZED (
    SELECT m.shop_id, m.customer_id, min(c.node_first_at) AS first_at, max(c.node_last_at) AS last_at
    FROM moved m
    CROSS JOIN LATERAL (
        SELECT m.customer_id AS node_id
        UNION ALL
        SELECT customer_id FROM customers_alias WHERE shop_id = m.shop_id AND canonical_id = m.customer_id
        OFFSET 0
    ) n
    CROSS JOIN LATERAL (
        SELECT node_first_at, node_last_at FROM customers_customer WHERE shop_id = m.shop_id AND id = n.node_id
        OFFSET 0
    ) c
    GROUP BY m.shop_id, m.customer_id
)
UPDATE customers_customer c SET first_seen_at = s.first_at, last_seen_at = s.last_at
FROM seen s
WHERE c.shop_id = s.shop_id AND c.id = s.customer_id AND s.first_at IS NOT NULL
  AND (c.first_seen_at, c.last_seen_at) IS DISTINCT FROM (s.first_at, s.last_at)
