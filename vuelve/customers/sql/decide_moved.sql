-- Purpose: consents of customers who gained or lost a node are worked out anew. Rows: a few a move.
-- Index: the primary keys of customers_consent and customers_consent_change, customers_alias_canonical.
WITH moved AS MATERIALIZED (
    SELECT shop_id, from_id AS customer_id FROM pg_temp.customers_moving UNION SELECT shop_id, into_id FROM pg_temp.customers_moving
), forgotten AS (
    DELETE FROM customers_consent c USING moved m WHERE c.shop_id = m.shop_id AND c.customer_id = m.customer_id
)
INSERT INTO pg_temp.customers_decided (shop_id, customer_id, channel, purpose)
SELECT DISTINCT m.shop_id, m.customer_id, c.channel, c.purpose
FROM moved m
CROSS JOIN LATERAL (
    SELECT m.customer_id AS node_id
    UNION ALL
    SELECT customer_id FROM customers_alias WHERE shop_id = m.shop_id AND canonical_id = m.customer_id
    OFFSET 0
) n
CROSS JOIN LATERAL (
    SELECT channel, purpose FROM customers_consent_change WHERE shop_id = m.shop_id AND customer_id = n.node_id
    OFFSET 0
) c
WHERE NOT EXISTS (SELECT FROM customers_alias a WHERE a.shop_id = m.shop_id AND a.customer_id = m.customer_id)
