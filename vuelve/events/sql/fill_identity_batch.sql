-- Purpose: copy a batch for identity into pg_temp.event_batch; identity reads every row, stamped or not.
-- Rows: up to CONSUMER_BATCH_ROWS. Index: events_event_position.
INSERT INTO event_batch
SELECT e.* FROM events_event e
WHERE (e.xid, e.seq) > (%(xid)s::bigint, %(seq)s::bigint) AND (e.xid, e.seq) <= (%(end_xid)s::bigint, %(end_seq)s::bigint)
