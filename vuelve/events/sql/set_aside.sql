-- Purpose: the events that a consumer could not take, newest first, with what they are as far as their place is known.
-- Rows: up to %(rows)s. Index: events_quarantine's primary key (few rows), events_event_position.
SELECT q.consumer, q.seq, q.xid, q.message_id, q.error, q.quarantined_at, e.name
FROM (
    SELECT consumer, seq, xid, message_id, error, quarantined_at FROM events_quarantine
    WHERE shop_id = %(shop)s ORDER BY quarantined_at DESC, seq DESC LIMIT %(rows)s
) q
LEFT JOIN LATERAL (
    SELECT name FROM events_event e WHERE e.shop_id = %(shop)s AND e.xid = q.xid AND e.seq = q.seq OFFSET 0) e ON true
ORDER BY q.quarantined_at DESC, q.seq DESC
