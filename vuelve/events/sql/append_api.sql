-- Purpose: append one request's events (one JSON parameter) to the log; seen keys vanish.
-- Rows: 1 to 2,500 a call. Index: events_key's primary key.
-- json_to_recordset measured 54,000 rows/s in batches of 100, against 57,000 for COPY to a temporary table and
-- 11,000 for arrays adapted in Python. ORDER BY on the keys: overlapping batches deadlocked without it.
WITH staged AS MATERIALIZED (
    SELECT md5('api' || E'\x1f' || r.message_id)::uuid AS key, r.*
    FROM json_to_recordset(%(events)s::json) AS r (
        ordinal integer, kind smallint, name text, occurred_at timestamptz, message_id text, user_id text,
        anonymous_id text, email text, phone text, properties json, context json)
), fresh AS (
    INSERT INTO events_key (shop_id, key, received_at)
    SELECT %(shop)s, key, %(now)s FROM staged ORDER BY key
    ON CONFLICT DO NOTHING
    RETURNING key
), once AS (
    SELECT DISTINCT ON (s.key) s.* FROM staged s JOIN fresh USING (key) ORDER BY s.key, s.ordinal
)
INSERT INTO events_event (shop_id, kind, origin, historical, occurred_at, received_at, name, source,
                          message_id, user_id, anonymous_id, email, phone, properties, context)
SELECT %(shop)s, kind, 0, %(is_history)s, occurred_at, %(now)s, name, 'api',
       message_id, user_id, anonymous_id, email, phone, properties, context
FROM once ORDER BY ordinal
