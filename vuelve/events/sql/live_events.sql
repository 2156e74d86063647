-- Purpose: the newest events of a shop between two positions that match a filter. Rows: up to a page.
-- Index: events_event_position, read backwards. No filter has an index of its own: the two positions bound the work, and
-- whoever calls takes them LIVE_WINDOW_ROWS apart.
SELECT xid, seq, kind, origin, historical, customer_id, occurred_at, received_at, name, source, message_id,
       user_id, anonymous_id, email
FROM events_event
WHERE shop_id = %(shop)s
  AND (xid, seq) > (%(low_xid)s::bigint, %(low_seq)s::bigint)
  AND (xid, seq) < (%(high_xid)s::bigint, %(high_seq)s::bigint)
  AND (%(name)s::text IS NULL OR name = %(name)s::text)
  AND (%(kind)s::smallint IS NULL OR kind = %(kind)s::smallint)
  AND (%(source)s::text IS NULL OR source = %(source)s::text)
  AND (%(origin)s::smallint IS NULL OR origin = %(origin)s::smallint)
  AND (%(historical)s::boolean IS NULL OR historical = %(historical)s::boolean)
  AND (%(who)s::text IS NULL OR user_id = %(who)s::text OR anonymous_id = %(who)s::text OR email = lower(%(who)s::text)
       OR phone = %(who)s::text OR message_id = %(who)s::text)
ORDER BY xid DESC, seq DESC
LIMIT %(rows)s
