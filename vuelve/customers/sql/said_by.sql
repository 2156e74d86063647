-- Purpose: whose the events are that this package reads: the node, and whom it counts for. Rows: as in read_said.
-- No index: temporary tables.
SELECT s.seq, s.customer_id, s.canonical_id
FROM pg_temp.event_stamp s
JOIN pg_temp.event_batch b ON b.seq = s.seq
WHERE b.kind = %(identify)s OR b.name = %(granted)s OR b.name = %(revoked)s
