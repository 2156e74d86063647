-- Purpose: all that happened to one person, oldest first, with where each event came from. Rows: all of the person's,
-- streamed. Index: events_event_customer, of each partition.
SELECT occurred_at, received_at, CASE kind WHEN 1 THEN 'track' WHEN 2 THEN 'identify' WHEN 3 THEN 'page' WHEN 4 THEN 'screen'
       WHEN 5 THEN 'group' ELSE 'alias' END AS kind, name, CASE origin WHEN 0 THEN source ELSE 'vuelve/' || source END AS source,
       message_id, historical, user_id, anonymous_id, email, phone, properties::text AS properties, context::text AS context
FROM events_event
WHERE shop_id = %(shop)s AND customer_id = ANY (%(ids)s)
ORDER BY occurred_at, seq
