-- Purpose: append pg_temp.event_staged to the log, of which nothing has been recorded before. Rows: thousands. No index.
INSERT INTO events_event (shop_id, kind, origin, historical, customer_id, occurred_at, received_at, name, source,
                          message_id, user_id, anonymous_id, email, phone, properties, context)
SELECT shop_id, kind, %(origin)s, historical, customer_id, occurred_at, %(now)s, name, %(source)s,
       message_id, user_id, anonymous_id, email, phone, properties, context
FROM pg_temp.event_staged ORDER BY ordinal
