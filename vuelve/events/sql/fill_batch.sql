-- Purpose: copy what matters of a batch into pg_temp.event_batch.
-- Rows: up to CONSUMER_BATCH_ROWS. Index: events_event_position.
-- What has passed identity without a shard is nobody's; where that matters, the first shard reads it.
-- held: each shard of this batch with its own cursor; shards that were worked on by another worker may be ahead.
INSERT INTO event_batch
SELECT e.* FROM events_event e
JOIN unnest(%(shards)s::smallint[], %(xids)s::bigint[], %(seqs)s::bigint[]) AS held (shard, xid, seq)
  ON held.shard = coalesce(e.shard, CASE WHEN e.name = ANY (%(ownerless)s::text[]) THEN 0 ELSE -1 END)
WHERE (e.xid, e.seq) > (%(xid)s::bigint, %(seq)s::bigint) AND (e.xid, e.seq) <= (%(end_xid)s::bigint, %(end_seq)s::bigint)
  AND (e.xid, e.seq) > (held.xid, held.seq)
  AND (%(names)s::text[] IS NULL OR e.name = ANY (%(names)s::text[]))
