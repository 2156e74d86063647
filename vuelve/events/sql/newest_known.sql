-- Purpose: where the newest event of a shop, a kind or a name stands, at the latest. Rows: 1.
-- Index: events_schema's primary key; a shop has SCHEMA_NAMES_MAX rows at most.
SELECT last_xid, last_seq FROM events_schema
WHERE shop_id = %(shop)s AND (%(name)s::text IS NULL OR name IN (%(name)s::text, ''))
  AND (%(kind)s::smallint IS NULL OR kind = %(kind)s::smallint)
  AND (last_xid, last_seq) < (%(xid)s::bigint, %(seq)s::bigint)
ORDER BY last_xid DESC, last_seq DESC LIMIT 1
