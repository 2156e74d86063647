-- Purpose: up to when commerce knows what came in: the arrival of the first event that it has not read, null if it has
-- read all. Rows: 1. Index: events_event_position. Its slowest shard counts.
SELECT (
    SELECT e.received_at FROM events_event e
    WHERE (e.xid, e.seq) > (k.xid, k.seq)
    ORDER BY e.xid, e.seq LIMIT 1
)
FROM (SELECT xid, seq FROM events_cursor WHERE consumer = 'commerce' ORDER BY xid, seq LIMIT 1) k
