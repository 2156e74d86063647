-- Purpose: the events of a batch whose JSON this package reads: identify calls and decisions on consent.
-- Rows: from none to all of a batch of 10,000. No index: a temporary table. As text: psycopg would decode the JSON.
SELECT seq, shop_id, kind, name, occurred_at, received_at, message_id, source, properties::text AS properties,
       CASE WHEN kind = %(identify)s THEN context::text END AS context
FROM pg_temp.event_batch
WHERE kind = %(identify)s OR name = %(granted)s OR name = %(revoked)s
