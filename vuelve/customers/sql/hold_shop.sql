-- Purpose: one writer at a time on the identities of a shop, until the transaction ends; see hold_identities.
-- Rows: 1. No index.
SELECT pg_advisory_xact_lock(hashtext('customers_identities'), mod(%(shop)s::bigint, 64)::integer)
