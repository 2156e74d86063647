-- Purpose: the identifiers nobody had claimed. Rows: up to four a new combination. Index: the primary key.
-- A row less than staged: another writer was quicker, and everything is resolved again. ORDER BY: see lock_identifiers.
INSERT INTO customers_identifier (shop_id, kind, value, customer_id, claim_rank, claimed_at, claimed_by)
SELECT shop_id, kind, value, customer_id, claim_rank, claimed_at, claimed_by
FROM pg_temp.customers_claimed WHERE is_new
ORDER BY shop_id, kind, value
ON CONFLICT DO NOTHING
