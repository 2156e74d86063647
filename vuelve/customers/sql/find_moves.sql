-- Purpose: the nodes that count for another customer than before; all customers that this and the identifiers touch.
-- Rows: some a newcomer. Index: customers_alias's primary key, customers_alias_anchor.
WITH nodes AS (
    SELECT r.shop_id, r.node_id, r.root_id, n.node_id IS NOT NULL AS is_new
    FROM pg_temp.customers_rooted r
    LEFT JOIN pg_temp.customers_new n ON n.shop_id = r.shop_id AND n.node_id = r.node_id
    WHERE r.node_id IS NOT NULL
    UNION ALL
    SELECT r.shop_id, f.customer_id, r.root_id, false
    FROM pg_temp.customers_rooted r
    CROSS JOIN LATERAL (
        SELECT customer_id FROM customers_alias WHERE shop_id = r.shop_id AND anchor_id = r.node_id
        OFFSET 0
    ) f
), moving AS (
    INSERT INTO pg_temp.customers_moving (shop_id, node_id, from_id, into_id, is_new)
    SELECT n.shop_id, n.node_id, coalesce(a.canonical_id, n.node_id), n.root_id, n.is_new
    FROM nodes n
    LEFT JOIN LATERAL (
        SELECT canonical_id FROM customers_alias WHERE shop_id = n.shop_id AND customer_id = n.node_id
        OFFSET 0
    ) a ON true
    WHERE coalesce(a.canonical_id, n.node_id) <> n.root_id
    RETURNING shop_id, from_id, into_id
)
INSERT INTO pg_temp.customers_touched (shop_id, customer_id)
SELECT shop_id, from_id FROM moving
UNION SELECT shop_id, into_id FROM moving
UNION SELECT shop_id, root_id FROM pg_temp.customers_rooted
UNION SELECT shop_id, before_id FROM pg_temp.customers_rooted
