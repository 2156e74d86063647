-- Purpose: for consumers behind identity: the nodes that their batch tells have moved, and where they are now.
-- Rows: a few a batch. Index: customers_alias's primary key.
-- The destination is the present one, not that of the event: the node may have moved on, or back, since.
WITH told AS MATERIALIZED (
    SELECT DISTINCT shop_id, customer_id AS node_id, (properties ->> 'from_id')::bigint AS from_id
    FROM pg_temp.event_batch WHERE name = %(merged)s AND origin = %(ours)s
)
INSERT INTO pg_temp.customers_moved (shop_id, node_id, from_id, into_id)
SELECT t.shop_id, t.node_id, t.from_id, coalesce(a.canonical_id, t.node_id)
FROM told t
LEFT JOIN customers_alias a ON a.shop_id = t.shop_id AND a.customer_id = t.node_id
WHERE t.from_id <> coalesce(a.canonical_id, t.node_id)
