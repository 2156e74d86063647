-- Purpose: take the shards of a consumer that no other worker is at, the ones furthest behind first.
-- Rows: up to SHARDS. Index: events_cursor's primary key. The row lock is the lease; it ends with the transaction.
-- c.xid, not xid: that would be the text of the output, in which 999 stands after 1259.
SELECT c.shard, c.xid::text, c.seq FROM events_cursor c
WHERE c.consumer = %(consumer)s
ORDER BY c.xid, c.seq, c.shard
LIMIT %(shards)s
FOR UPDATE SKIP LOCKED
