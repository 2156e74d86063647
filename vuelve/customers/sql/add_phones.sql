-- Purpose: the phone numbers that identify calls name, as identifiers. Rows: up to a batch; no index.
UPDATE pg_temp.event_batch b SET phone = p.phone
FROM pg_temp.customers_phone p WHERE p.seq = b.seq AND b.phone IS NULL
