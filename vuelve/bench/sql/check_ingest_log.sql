-- Purpose: of the events from outside: how many of the message ids that were sent are there, how many rows there are too
-- many (repeated ids, and ids that were never sent), how many belong to no customer. Rows: 1. Reads the shop's log.
WITH sent AS (
    SELECT 'm' || n AS message_id FROM generate_series(0, %(events)s::bigint - 1) AS n
    UNION ALL
    SELECT 'i' || n FROM generate_series(0, %(users)s::bigint - 1) AS n
), kept AS MATERIALIZED (
    SELECT message_id COLLATE "C" AS message_id, customer_id FROM events_event WHERE shop_id = %(shop)s AND origin = 0
), found AS (
    SELECT count(DISTINCT message_id) AS ids FROM kept JOIN sent USING (message_id)
)
SELECT found.ids, (SELECT count(*) FROM kept) - found.ids, (SELECT count(*) FROM kept WHERE customer_id IS NULL) FROM found
