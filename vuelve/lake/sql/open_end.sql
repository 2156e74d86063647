-- Purpose: how far all consumers of the log have come: what is past that has not taken its effect yet. Rows: 1.
-- Index: primary key of events_cursor.
SELECT xid, seq FROM events_cursor ORDER BY xid, seq LIMIT 1
