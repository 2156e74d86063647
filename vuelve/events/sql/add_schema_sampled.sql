-- Purpose: how many events of each name were looked into. Rows: the names of the sample. Index: events_schema's primary
-- key; the rows are locked already, by add_schema.sql. Returns those whose counts are due to be halved.
UPDATE events_schema e SET sampled = e.sampled + s.events
FROM (SELECT shop_id, kind, name, count(*) AS events FROM pg_temp.schema_sample GROUP BY 1, 2, 3) s
WHERE e.shop_id = s.shop_id AND e.kind = s.kind AND e.name = s.name
RETURNING e.shop_id, e.kind, e.name, e.sampled >= %(halve_at)s
