-- Purpose: whether there are events that identity, which reads ahead of all, has not read. Rows: 1.
-- Index: events_event_position, one descent a partition.
SELECT EXISTS (
    SELECT FROM events_event
    WHERE (xid, seq) > ((SELECT xid FROM events_cursor WHERE consumer = %(identity)s),
                        (SELECT seq FROM events_cursor WHERE consumer = %(identity)s))
)
