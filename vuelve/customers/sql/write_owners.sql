-- Purpose: keep who owns the identifiers; one without a node of its own that nobody owns is known no more.
-- Rows: as many as were asked for. Index: customers_identifier's primary key, in its order.
-- The line of owners of what is noted begins anew: see find_roots. A new node that nobody owns stands for itself already.
WITH gone AS (
    DELETE FROM customers_identifier i USING pg_temp.customers_owned o
    WHERE o.owner_id IS NULL AND i.node_id IS NULL AND i.shop_id = o.shop_id AND i.kind = o.kind AND i.value = o.value
    RETURNING i.shop_id, i.customer_id
), freed AS (
    UPDATE customers_identifier i SET owner_id = NULL, claim_rank = 9
    FROM pg_temp.customers_owned o
    WHERE o.owner_id IS NULL AND i.node_id IS NOT NULL AND i.owner_id IS NOT NULL
      AND i.shop_id = o.shop_id AND i.kind = o.kind AND i.value = o.value
    RETURNING i.shop_id, i.kind, i.value
), owned AS (
    INSERT INTO customers_identifier AS i (shop_id, kind, value, customer_id, owner_id, claim_rank, claimed_at, claimed_by)
    SELECT shop_id, kind, value, owner_id, owner_id, claim_rank, claimed_at, claimed_by
    FROM pg_temp.customers_owned WHERE owner_id IS NOT NULL
    ORDER BY shop_id, kind, value
    ON CONFLICT (shop_id, kind, value) DO UPDATE
    SET owner_id = excluded.owner_id, claim_rank = excluded.claim_rank, claimed_at = excluded.claimed_at,
        claimed_by = excluded.claimed_by
    WHERE (i.owner_id, i.claim_rank, i.claimed_at, i.claimed_by)
          IS DISTINCT FROM (excluded.owner_id, excluded.claim_rank, excluded.claimed_at, excluded.claimed_by)
    RETURNING i.shop_id, i.kind, i.value
), touched AS (
    INSERT INTO pg_temp.customers_touched (shop_id, customer_id) SELECT shop_id, customer_id FROM gone
)
INSERT INTO pg_temp.customers_reowned (shop_id, kind, value)
SELECT * FROM freed
UNION SELECT * FROM owned
UNION SELECT n.shop_id, n.kind, n.value
FROM pg_temp.customers_new n
CROSS JOIN LATERAL (
    SELECT FROM customers_identifier
    WHERE shop_id = n.shop_id AND kind = n.kind AND value = n.value AND owner_id IS NOT NULL
    OFFSET 0
) i
