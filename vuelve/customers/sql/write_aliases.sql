-- Purpose: the flat list of what counts for whom: a node that counts for itself is not in it.
-- Rows: some a newcomer. Index: customers_alias's primary key.
WITH free AS (
    DELETE FROM customers_alias a USING pg_temp.customers_moving m
    WHERE a.shop_id = m.shop_id AND a.customer_id = m.node_id AND m.into_id = m.node_id
)
INSERT INTO customers_alias (shop_id, customer_id, canonical_id, merged_at, reason)
SELECT shop_id, node_id, into_id, %(now)s, %(reason)s
FROM pg_temp.customers_moving WHERE into_id <> node_id
ORDER BY shop_id, node_id
ON CONFLICT (shop_id, customer_id) DO UPDATE
SET canonical_id = excluded.canonical_id, merged_at = excluded.merged_at, reason = excluded.reason
