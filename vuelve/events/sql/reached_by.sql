-- Purpose: how far all of some consumers have come, in all their shards. Rows: 1. Index: events_cursor's primary key.
SELECT c.xid, c.seq FROM events_cursor c WHERE c.consumer = ANY (%(consumers)s) ORDER BY c.xid, c.seq LIMIT 1
