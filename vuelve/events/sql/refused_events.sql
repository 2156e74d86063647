-- Purpose: a page of refused events, newest first. Rows: up to a page, out of REJECTS_PER_SHOP_MAX.
-- Index: events_rejected's primary key, read backwards.
SELECT id, received_at, source, code, field, message, hint, batch_index, event_type, event_name, bytes, excerpt
FROM events_rejected
WHERE shop_id = %(shop)s AND received_at >= %(since)s
  AND (%(after)s::bigint IS NULL OR id < %(after)s::bigint)
  AND (%(code)s::text IS NULL OR code = %(code)s::text)
  AND (%(source)s::text IS NULL OR source = %(source)s::text)
  AND (%(name)s::text IS NULL OR event_name = %(name)s::text)
ORDER BY id DESC
LIMIT %(rows)s
