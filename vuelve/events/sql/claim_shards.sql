-- Purpose: take the shards of a consumer that no other worker is at, the ones furthest behind first.
-- Rows: up to SHARDS. Index: events_cursor's primary key. The row lock is the lease; it ends with the transaction.
SELECT c.shard, c.xid, c.seq FROM events_cursor c
WHERE c.consumer = %(consumer)s
ORDER BY c.xid, c.seq, c.shard
LIMIT %(shards)s
FOR UPDATE SKIP LOCKED
