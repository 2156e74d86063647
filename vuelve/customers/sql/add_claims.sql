-- Purpose: the claims that sightings make, of each the earliest; those that are new or earlier than known are noted.
-- Rows: up to three a combination. Index: customers_claim's primary key.
-- A minimum: the same whatever the order and the repetition of what it is taken of.
WITH named AS (
    SELECT s.shop_id, w.kind, w.value, t.node_id AS by_id, (s.kind * 2 - s.is_identify::int)::smallint AS claim_rank,
           s.seen_at, s.message_id, s.value AS by_value
    FROM pg_temp.customers_sighting s
    CROSS JOIN LATERAL (
        SELECT node_id FROM customers_identifier
        WHERE shop_id = s.shop_id AND kind = s.kind AND value = s.value
        OFFSET 0
    ) t
    CROSS JOIN LATERAL (VALUES (2::smallint, s.email), (3::smallint, s.phone), (4::smallint, s.anonymous_id)) AS w (kind, value)
    WHERE w.value IS NOT NULL
), earliest AS (
    SELECT DISTINCT ON (shop_id, kind, value, by_id, claim_rank) *
    FROM named
    ORDER BY shop_id, kind, value, by_id, claim_rank, seen_at, message_id
), kept AS (
    INSERT INTO customers_claim AS c (shop_id, kind, value, by_id, claim_rank, claimed_at, claimed_by, by_value)
    SELECT shop_id, kind, value, by_id, claim_rank, seen_at, message_id, by_value FROM earliest
    ON CONFLICT (shop_id, kind, value, by_id, claim_rank) DO UPDATE
    SET claimed_at = excluded.claimed_at, claimed_by = excluded.claimed_by
    WHERE (excluded.claimed_at, excluded.claimed_by) < (c.claimed_at, c.claimed_by)
    RETURNING shop_id, kind, value, by_id
)
INSERT INTO pg_temp.customers_claimed (shop_id, kind, value, by_id)
SELECT DISTINCT shop_id, kind, value, by_id FROM kept
