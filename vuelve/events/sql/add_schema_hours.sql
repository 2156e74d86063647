-- Purpose: add a batch's counts by hour. Rows: names x hours of the batch. Index: events_schema_hour's primary key.
INSERT INTO events_schema_hour AS h (shop_id, kind, name, hour, events)
SELECT shop_id, kind, kept, hour, sum(events) FROM pg_temp.schema_seen
GROUP BY shop_id, kind, kept, hour
ORDER BY shop_id, kind, kept, hour
ON CONFLICT (shop_id, kind, name, hour) DO UPDATE SET events = h.events + excluded.events
