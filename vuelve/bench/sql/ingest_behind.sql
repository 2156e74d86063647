-- Purpose: how many consumers' shards have not come to a position. Rows: 1. Index: none: events_cursor is small.
SELECT count(*) FROM events_cursor WHERE (xid, seq) < (%(xid)s::bigint, %(seq)s::bigint)
