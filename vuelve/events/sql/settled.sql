-- Purpose: the position up to which events are whole: none can appear before it any more, and each has its customer.
-- Rows: 1. Index: events_cursor's primary key.
SELECT c.xid, c.seq FROM events_cursor c WHERE c.consumer = %(identity)s AND c.shard = 0
