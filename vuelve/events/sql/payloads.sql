-- Purpose: the properties of some events, as they were sent. Rows: as many as asked for. Index: events_event_position;
-- OFFSET 0 keeps it a look-up for each.
SELECT e.properties
FROM unnest(%(xids)s::bigint[], %(seqs)s::bigint[]) WITH ORDINALITY AS p (xid, seq, n)
CROSS JOIN LATERAL (
    SELECT properties::text FROM events_event e
    WHERE e.shop_id = %(shop)s AND e.xid = p.xid AND e.seq = p.seq OFFSET 0) e
ORDER BY p.n
