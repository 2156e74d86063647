-- Purpose: take the shards of a consumer that no other worker is at, the ones furthest behind first.
-- Rows: up to SHARDS. Index: events_cursor's primary key. The row lock is the lease; it ends with the transaction.
SELECT shard, xid::text, seq FROM events_cursor
WHERE consumer = %(consumer)s
ORDER BY xid, seq, shard
LIMIT %(shards)s
FOR UPDATE SKIP LOCKED
