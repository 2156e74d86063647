-- Purpose: keep refused events (one JSON parameter).
-- Rows: 1 to REJECTS_PER_CALL_MAX. Index: events_rejected's primary key.
INSERT INTO events_rejected (shop_id, received_at, source, code, field, message, hint, batch_index, event_type,
                             event_name, bytes, excerpt)
SELECT %(shop)s, %(now)s, %(source)s, r.*
FROM json_to_recordset(%(rejects)s::json) AS r (
    code text, field text, message text, hint text, index integer, event_type text, event_name text, bytes integer,
    excerpt text)
RETURNING id
