-- Purpose: one writer at a time on the identities of the shops of a batch, until the transaction ends.
-- Rows: at most 64: a lock for each shop would not fit into the server's table of locks. ORDER BY: no deadlock.
SELECT pg_advisory_xact_lock(hashtext('customers_identities'), slot)
FROM (SELECT DISTINCT mod(shop_id, 64)::integer AS slot FROM pg_temp.event_batch ORDER BY slot OFFSET 0) slots
