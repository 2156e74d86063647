-- Purpose: for identifiers whose line of owners begins anew, and all that follow them, the node at the end of the line.
-- Rows: some a newcomer. Index: customers_identifier's primary key, customers_identifier_owner, customers_identifier_node.
-- A line leads to ever stronger identifiers, and among those of one kind that staff joined to smaller values: it ends.
WITH RECURSIVE below AS (
    SELECT shop_id, kind, value FROM pg_temp.customers_reowned
    UNION
    SELECT b.shop_id, f.kind, f.value
    FROM below b
    CROSS JOIN LATERAL (
        SELECT node_id FROM customers_identifier
        WHERE shop_id = b.shop_id AND kind = b.kind AND value = b.value AND node_id IS NOT NULL
        OFFSET 0
    ) own
    CROSS JOIN LATERAL (
        SELECT kind, value FROM customers_identifier WHERE shop_id = b.shop_id AND owner_id = own.node_id
        OFFSET 0
    ) f
), line AS (
    SELECT b.shop_id, b.kind, b.value, i.node_id, i.customer_id AS before_id, i.owner_id, i.node_id AS at_id
    FROM below b
    CROSS JOIN LATERAL (
        SELECT * FROM customers_identifier WHERE shop_id = b.shop_id AND kind = b.kind AND value = b.value
        OFFSET 0
    ) i
    UNION ALL
    SELECT l.shop_id, l.kind, l.value, l.node_id, l.before_id, o.owner_id, o.node_id
    FROM line l
    CROSS JOIN LATERAL (
        SELECT owner_id, node_id FROM customers_identifier WHERE shop_id = l.shop_id AND node_id = l.owner_id
        OFFSET 0
    ) o
)
INSERT INTO pg_temp.customers_rooted (shop_id, kind, value, node_id, before_id, root_id)
SELECT shop_id, kind, value, node_id, before_id, at_id FROM line WHERE owner_id IS NULL
