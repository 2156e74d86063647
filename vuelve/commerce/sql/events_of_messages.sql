-- Purpose: the properties of the `Cart Abandoned` events that a batch of messages answers. Rows: up to a dispatch batch.
-- Index: events_event_position, probed once a message and partition.
SELECT w.message_id, found.properties
FROM unnest(%(messages)s::bigint[], %(xids)s::bigint[], %(seqs)s::bigint[]) AS w (message_id, xid, seq)
CROSS JOIN LATERAL (
    SELECT e.properties FROM events_event e
    WHERE e.xid = w.xid AND e.seq = w.seq AND e.shop_id = %(shop)s AND e.name = 'Cart Abandoned' AND e.origin = 1
    LIMIT 1
) found
