-- Purpose: of touched customers the user id, e-mail and phone that stand for them: their own, else the best claimed.
-- Rows: up to three a customer. Index: customers_identifier_customer. None: the customer counts for another.
SELECT DISTINCT ON (t.shop_id, t.customer_id, i.kind) t.shop_id, t.customer_id, i.kind, i.value
FROM (SELECT DISTINCT shop_id, customer_id FROM pg_temp.customers_touched) t
CROSS JOIN LATERAL (
    SELECT kind, value, owner_id, claim_rank, claimed_at, claimed_by FROM customers_identifier
    WHERE shop_id = t.shop_id AND customer_id = t.customer_id AND kind <= 3
    OFFSET 0
) i
ORDER BY t.shop_id, t.customer_id, i.kind, i.owner_id IS NOT NULL, i.claim_rank, i.claimed_at, i.claimed_by, i.value
