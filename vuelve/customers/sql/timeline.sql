-- Purpose: one page of what a customer did and was told, newest first; also under ids that were merged into theirs.
-- Rows: PAGE_ROWS + 1. Index: events_event_customer, of each partition.
SELECT e.occurred_at, e.seq, e.name, e.kind, e.origin, e.historical, e.source, e.properties
FROM events_event e
WHERE e.shop_id = %(shop)s AND e.customer_id = ANY (%(ids)s)
  AND (%(after_at)s::timestamptz IS NULL OR (e.occurred_at, e.seq) < (%(after_at)s, %(after_seq)s))
ORDER BY e.occurred_at DESC, e.seq DESC
LIMIT %(rows)s
