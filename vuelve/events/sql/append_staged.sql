-- Purpose: append pg_temp.event_staged to the log; rows whose key was seen in the last 30 days vanish.
-- Rows: up to tens of thousands a call. Index: events_key's primary key.
-- ORDER BY on the keys: two overlapping batches would otherwise take the same keys in different order and deadlock.
WITH staged AS MATERIALIZED (
    SELECT md5(%(source)s || E'\x1f' || s.message_id)::uuid AS key, s.* FROM pg_temp.event_staged s
), fresh AS (
    INSERT INTO events_key (shop_id, key, received_at)
    SELECT shop_id, key, %(now)s FROM staged ORDER BY shop_id, key
    ON CONFLICT DO NOTHING
    RETURNING shop_id, key
), once AS (
    -- The same key twice within the call: the first one staged stays.
    SELECT DISTINCT ON (s.shop_id, s.key) s.* FROM staged s JOIN fresh USING (shop_id, key) ORDER BY s.shop_id, s.key, s.ordinal
)
INSERT INTO events_event (shop_id, kind, origin, historical, customer_id, occurred_at, received_at, name, source,
                          message_id, user_id, anonymous_id, email, phone, properties, context)
SELECT shop_id, kind, %(origin)s, historical, customer_id, occurred_at, %(now)s, name, %(source)s,
       message_id, user_id, anonymous_id, email, phone, properties, context
FROM once ORDER BY ordinal
