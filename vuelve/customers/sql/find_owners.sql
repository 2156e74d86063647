-- Purpose: the rule of who owns an identifier: the best claim on it by (rank, time, message id) that counts.
-- Rows: one an identifier asked for. Index: customers_claim_best, of which mostly the first entry is read;
-- customers_claim_made and customers_veto's primary key for what is in doubt.
-- OFFSET 0: without statistics the planner would hash all claims of a shop, once an identifier (85 s for 20,000).
-- A claim that staff took back does not count. One that an event other than an identify call makes to an e-mail or a
-- phone counts only if its maker claims none of that kind by an identify call, and no other before it: the address of
-- who is given a present, or of all who buy at one till, does not make them one customer.
INSERT INTO pg_temp.customers_owned (shop_id, kind, value, owner_id, claim_rank, claimed_at, claimed_by)
SELECT a.shop_id, a.kind, a.value, best.by_id, best.claim_rank, best.claimed_at, best.claimed_by
FROM pg_temp.customers_asked a
LEFT JOIN LATERAL (
    SELECT c.by_id, c.claim_rank, c.claimed_at, c.claimed_by
    FROM customers_claim c
    WHERE c.shop_id = a.shop_id AND c.kind = a.kind AND c.value = a.value
      AND NOT EXISTS (
        SELECT FROM customers_veto v
        WHERE v.shop_id = a.shop_id AND v.kind = a.kind AND v.value = a.value AND v.by_id = c.by_id)
      AND (c.claim_rank IN (0, 1, 3, 5) OR (NOT EXISTS (
        SELECT FROM customers_claim said
        WHERE said.shop_id = a.shop_id AND said.by_id = c.by_id AND said.kind = a.kind AND said.claim_rank = c.claim_rank - 1
        OFFSET 0
      ) AND NOT EXISTS (
        SELECT FROM customers_claim other
        WHERE other.shop_id = a.shop_id AND other.by_id = c.by_id AND other.kind = a.kind
          AND other.claim_rank = c.claim_rank AND other.claimed_at <= c.claimed_at
          AND (other.claimed_at, other.claimed_by, other.value) < (c.claimed_at, c.claimed_by, c.value)
        OFFSET 0)))
    ORDER BY c.claim_rank, c.claimed_at, c.claimed_by, c.by_value
    LIMIT 1
) best ON true
