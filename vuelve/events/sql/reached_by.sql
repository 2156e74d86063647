-- Purpose: how far all of some consumers have come, in all their shards. Rows: 1. Index: events_cursor's primary key.
-- c.xid, not xid: that would be the text of the output, in which 999 stands after 1259.
SELECT c.xid::text, c.seq FROM events_cursor c WHERE c.consumer = ANY (%(consumers)s) ORDER BY c.xid, c.seq LIMIT 1
