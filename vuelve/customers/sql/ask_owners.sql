-- Purpose: identifiers whose owner may be another now: those that were claimed, and e-mails and phones that
-- an event which is no identify call gave to one who has claimed another since (see find_owners).
-- Rows: some a combination. Index: customers_identifier_owner.
INSERT INTO pg_temp.customers_asked (shop_id, kind, value)
SELECT shop_id, kind, value FROM pg_temp.customers_claimed
UNION
SELECT c.shop_id, i.kind, i.value
FROM pg_temp.customers_claimed c
CROSS JOIN LATERAL (
    SELECT kind, value, claim_rank FROM customers_identifier
    WHERE shop_id = c.shop_id AND owner_id = c.by_id AND kind = c.kind
    OFFSET 0
) i
WHERE c.kind IN (2, 3) AND i.claim_rank IN (2, 4, 6)
