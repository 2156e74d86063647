-- Purpose: the next event that a reader at a position has not read, if there is one. Rows: 0 or 1.
-- Index: events_event_position. The position comes in as values and the ORDER BY is there for the planner: with EXISTS
-- it expected a match anywhere, and read the whole log to find none (126 ms, 150,000 events).
SELECT seq FROM events_event WHERE (xid, seq) > (%(xid)s, %(seq)s) ORDER BY xid, seq LIMIT 1
