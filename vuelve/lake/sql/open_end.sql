-- Purpose: how far all consumers of the log have come: what is past that has not taken its effect yet. Rows: 1.
-- Index: primary key of events_cursor. Those that there are: the cursor of one that was taken out of the product stays behind.
SELECT xid, seq FROM events_cursor WHERE consumer = ANY (%(consumers)s) ORDER BY xid, seq LIMIT 1
