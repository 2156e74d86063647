-- Purpose: the properties of the events that a batch of messages answers. Rows: as many as positions, at most a batch.
-- Index: events_event_position, probed once a position and partition; as text, since `json` may hold what jsonb refuses.
SELECT e.xid, e.seq, e.properties::text
FROM unnest(%(xids)s::bigint[], %(seqs)s::bigint[]) AS wanted (xid, seq)
CROSS JOIN LATERAL (
    SELECT e.xid, e.seq, e.properties FROM events_event e
    WHERE e.xid = wanted.xid AND e.seq = wanted.seq AND e.shop_id = %(shop)s LIMIT 1
) e
