-- Purpose: stage a store's events (one JSON parameter). Rows: a handful a webhook, thousands a backfill's batch.
INSERT INTO pg_temp.event_staged (shop_id, kind, name, occurred_at, message_id, user_id, anonymous_id, email, phone,
                                  properties, historical)
SELECT %(shop)s, kind, name, occurred_at, message_id, user_id, anonymous_id, email, phone, properties, historical
FROM json_to_recordset(%(events)s::json) AS r (
    kind smallint, name text, occurred_at timestamptz, message_id text, user_id text, anonymous_id text, email text,
    phone text, properties json, historical boolean)
