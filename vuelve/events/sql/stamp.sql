-- Purpose: say whose the events of a batch are. Rows: up to CONSUMER_BATCH_ROWS, in pg_temp.event_stamp.
-- Index: events_event_position.
UPDATE events_event e
SET customer_id = s.customer_id, shard = (s.customer_id %% %(shards)s)::smallint
FROM pg_temp.event_stamp s
WHERE e.xid = s.xid AND e.seq = s.seq
