-- Purpose: the properties of the events that a batch of messages answers. Rows: as many as positions, at most a batch.
-- Index: events_event_position, probed once a position and partition; as text, since `json` may hold what jsonb refuses.
SELECT e.xid::text, e.seq, e.properties::text
FROM unnest(%(xids)s::text[], %(seqs)s::bigint[]) AS wanted (xid, seq)
JOIN events_event e ON e.xid = wanted.xid::xid8 AND e.seq = wanted.seq
WHERE e.shop_id = %(shop)s
