-- Purpose: the events that are about one order, the newest first: of its customer's ids.
-- Rows: at most %(rows)s. Index: events_event_customer; the texts of an event are taken out only of those with fitting names.
SELECT e.occurred_at, e.seq, e.name, e.kind, e.origin, e.historical, e.source, e.properties
FROM events_event e
WHERE e.shop_id = %(shop)s AND e.customer_id = ANY (%(ids)s) AND e.kind = 1 AND e.name = ANY (%(names)s)
  AND btrim(CASE WHEN commerce_is_readable(e.properties) THEN e.properties ->> 'order_id' END) = %(order)s
ORDER BY e.occurred_at DESC, e.seq DESC
LIMIT %(rows)s
