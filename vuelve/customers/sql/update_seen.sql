-- Purpose: when nodes were seen, and those that they count for. Rows: up to a batch.
-- Index: the primary keys of customers_alias and customers_customer; customers_customer_recent must follow, so the update
-- cannot stay in its page. Who has not said when they came (trait created_at) came when first seen.
WITH seen AS (
    SELECT shop_id, customer_id AS id, first_at, last_at, first_at AS own_first_at, last_at AS own_last_at
    FROM pg_temp.customers_seen
    UNION ALL
    SELECT s.shop_id, a.canonical_id, s.first_at, s.last_at, NULL, NULL
    FROM pg_temp.customers_seen s
    JOIN customers_alias a ON a.shop_id = s.shop_id AND a.customer_id = s.customer_id
), each AS MATERIALIZED (
    SELECT shop_id, id, min(first_at) AS first_at, max(last_at) AS last_at, min(own_first_at) AS own_first_at,
           max(own_last_at) AS own_last_at
    FROM seen GROUP BY shop_id, id
)
UPDATE customers_customer c
SET node_first_at = least(c.node_first_at, s.own_first_at), node_last_at = greatest(c.node_last_at, s.own_last_at),
    first_seen_at = least(c.first_seen_at, s.first_at), last_seen_at = greatest(c.last_seen_at, s.last_at),
    created_at = CASE WHEN s.first_at < c.first_seen_at AND NOT EXISTS (
            SELECT FROM customers_trait t
            WHERE t.shop_id = c.shop_id AND t.customer_id = c.id AND t.name = 'created_at' AND t.time_value IS NOT NULL)
        THEN s.first_at ELSE c.created_at END
FROM each s
WHERE c.shop_id = s.shop_id AND c.id = s.id
  AND (s.first_at < c.first_seen_at OR s.last_at > c.last_seen_at
       OR least(c.node_first_at, s.own_first_at) IS DISTINCT FROM c.node_first_at
       OR greatest(c.node_last_at, s.own_last_at) IS DISTINCT FROM c.node_last_at)
