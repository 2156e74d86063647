-- Purpose: one page of what a customer did and was told, newest first; also under ids that were merged into theirs.
-- Rows: PAGE_ROWS + 1, of so many of each id. Index: events_event_customer of each partition, read backwards.
SELECT e.occurred_at, e.seq, e.name, e.kind, e.origin, e.historical, e.source, e.properties
FROM unnest(%(ids)s::bigint[]) AS one (id), LATERAL (
    SELECT occurred_at, seq, name, kind, origin, historical, source, properties FROM events_event
    WHERE shop_id = %(shop)s AND customer_id = one.id
      AND (%(after_at)s::timestamptz IS NULL OR occurred_at <= %(after_at)s)
      AND (%(after_at)s::timestamptz IS NULL OR (occurred_at, seq) < (%(after_at)s, %(after_seq)s))
    ORDER BY occurred_at DESC, seq DESC
    LIMIT %(rows)s
) AS e
ORDER BY e.occurred_at DESC, e.seq DESC
LIMIT %(rows)s
