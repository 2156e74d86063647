-- Purpose: names past the bound of their shop are kept under '', so that a sender who writes ids into names fills nothing.
-- Rows: the names of a batch that are new. Index: events_schema's primary key.
-- Two workers may pass the bound by the new names of one batch, no further.
WITH fresh AS (
    SELECT DISTINCT s.shop_id, s.kind, s.name FROM pg_temp.schema_seen s
    WHERE NOT EXISTS (SELECT FROM events_schema e WHERE e.shop_id = s.shop_id AND e.kind = s.kind AND e.name = s.name)
), known AS (
    SELECT shop_id, (SELECT count(*) FROM events_schema e WHERE e.shop_id = f.shop_id) AS names
    FROM (SELECT DISTINCT shop_id FROM fresh) f
), placed AS (
    SELECT f.*, k.names + row_number() OVER (PARTITION BY f.shop_id ORDER BY f.kind, f.name) AS place
    FROM fresh f JOIN known k USING (shop_id)
)
UPDATE pg_temp.schema_seen s SET kept = ''
FROM placed p
WHERE p.place > %(names_max)s AND s.shop_id = p.shop_id AND s.kind = p.kind AND s.name = p.name
