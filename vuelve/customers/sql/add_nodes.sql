-- Purpose: a node for each strongest identifier that has none. Rows: the newcomers of a batch.
-- Index: customers_identifier's primary key. An identifier that somebody owns already stays theirs.
WITH tops AS (
    SELECT DISTINCT ON (s.shop_id, s.kind, s.value) s.shop_id, s.kind, s.value, s.seen_at, s.message_id
    FROM pg_temp.customers_sighting s
    CROSS JOIN LATERAL (
        SELECT count(*) AS nodes FROM customers_identifier
        WHERE shop_id = s.shop_id AND kind = s.kind AND value = s.value AND node_id IS NOT NULL
        OFFSET 0
    ) known
    WHERE known.nodes = 0
    ORDER BY s.shop_id, s.kind, s.value, s.seen_at, s.message_id
), numbered AS MATERIALIZED (
    SELECT *, nextval('customers_id') AS node_id FROM tops
), added AS (
    INSERT INTO customers_identifier (shop_id, kind, value, customer_id, node_id, claim_rank, claimed_at, claimed_by)
    SELECT shop_id, kind, value, node_id, node_id, 9, seen_at, message_id FROM numbered
    ON CONFLICT (shop_id, kind, value) DO UPDATE SET node_id = excluded.node_id
), touched AS (
    INSERT INTO pg_temp.customers_touched (shop_id, customer_id) SELECT shop_id, node_id FROM numbered
)
INSERT INTO pg_temp.customers_new (shop_id, kind, value, node_id)
SELECT shop_id, kind, value, node_id FROM numbered
