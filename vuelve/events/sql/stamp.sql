-- Purpose: say whose the events of a batch are. Rows: up to CONSUMER_BATCH_ROWS, in pg_temp.event_stamp.
-- Index: events_event_position, one range: a batch lies together. Joined by the rows alone the whole log was read.
-- The shard is that of the customer whom the event counts for now: what several devices of one person sent is read in
-- its order.
UPDATE events_event e
SET customer_id = s.customer_id, shard = (s.canonical_id %% %(shards)s)::smallint
FROM pg_temp.event_stamp s
WHERE e.xid = s.xid AND e.seq = s.seq
  AND (e.xid, e.seq) >= (%(xid)s::bigint, %(seq)s::bigint) AND (e.xid, e.seq) <= (%(end_xid)s::bigint, %(end_seq)s::bigint)
