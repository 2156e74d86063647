-- Purpose: move the cursors of a batch's shards to its end. A shard that was ahead stays ahead. Rows: up to SHARDS.
UPDATE events_cursor SET xid = %(xid)s::bigint, seq = %(seq)s, moved_at = %(now)s
WHERE consumer = %(consumer)s AND shard = ANY (%(shards)s) AND (xid, seq) < (%(xid)s::bigint, %(seq)s::bigint)
