-- Purpose: claims that were beaten by better ones. Rows: a few a batch, locked before. Index: the primary key.
UPDATE customers_identifier i
SET customer_id = c.customer_id, claim_rank = c.claim_rank, claimed_at = c.claimed_at, claimed_by = c.claimed_by
FROM pg_temp.customers_claimed c
WHERE NOT c.is_new AND i.shop_id = c.shop_id AND i.kind = c.kind AND i.value = c.value
