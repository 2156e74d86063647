-- Purpose: where a set-aside event stands. Rows: 1, none if it is not set aside or its place was not kept.
-- What others than identity have read without a shard is nobody's, and the first shard's.
-- Index: events_quarantine's primary key, events_event_position.
SELECT e.xid, coalesce(e.shard, 0)
FROM events_quarantine q
JOIN events_event e ON e.xid = q.xid AND e.seq = q.seq
WHERE q.shop_id = %(shop)s AND q.consumer = %(consumer)s AND q.seq = %(seq)s AND q.xid IS NOT NULL
  AND (e.shard IS NOT NULL OR q.consumer <> 'identity')
