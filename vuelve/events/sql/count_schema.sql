-- Purpose: count a batch by shop, name and hour, and remember where some events of each stand. Rows: the names (a few
-- dozen) times the hours of the batch. Index: events_event_position.
-- Read from the log itself: copying 10,000 whole events first took longer than all that is done here.
INSERT INTO pg_temp.schema_seen
SELECT e.shop_id, e.kind, e.name, date_trunc('hour', e.received_at), e.name,
       count(*), min(e.received_at), max(e.received_at), max(e.xid), max(e.seq),
       (array_agg(e.xid))[1:%(each_max)s], (array_agg(e.seq))[1:%(each_max)s]
FROM events_event e
JOIN unnest(%(shards)s::smallint[], %(xids)s::bigint[], %(seqs)s::bigint[]) AS held (shard, xid, seq)
  ON held.shard = coalesce(e.shard, -1)
WHERE (e.xid, e.seq) > (%(xid)s::bigint, %(seq)s::bigint) AND (e.xid, e.seq) <= (%(end_xid)s::bigint, %(end_seq)s::bigint)
  AND (e.xid, e.seq) > (held.xid, held.seq)
GROUP BY e.shop_id, e.kind, e.name, date_trunc('hour', e.received_at)
