-- Purpose: of the staged events, how many are new to the log and how many it has already, by name.
-- Rows: up to some thousand staged. Index: events_key's primary key.
-- LATERAL with LIMIT: a temporary table has no statistics, and a join by hash would read all keys of 30 days.
SELECT s.name, count(DISTINCT s.key) FILTER (WHERE k.key IS NULL), count(*)
FROM (
    SELECT name, shop_id, md5(%(source)s || E'\x1f' || message_id)::uuid AS key FROM pg_temp.event_staged OFFSET 0
) s
LEFT JOIN LATERAL (SELECT key FROM events_key WHERE shop_id = s.shop_id AND key = s.key LIMIT 1) k ON true
GROUP BY s.name
