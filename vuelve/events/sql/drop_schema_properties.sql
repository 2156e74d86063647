-- Purpose: new properties past the bound of their event name are counted, not kept. Rows: those that are new.
-- Index: events_schema_property's primary key.
WITH fresh AS (
    SELECT f.shop_id, f.kind, f.name, f.property FROM pg_temp.schema_found f
    WHERE NOT EXISTS (SELECT FROM events_schema_property p WHERE p.shop_id = f.shop_id AND p.kind = f.kind
                      AND p.name = f.name AND p.property = f.property)
), known AS (
    SELECT n.*, (SELECT count(*) FROM events_schema_property p
                 WHERE p.shop_id = n.shop_id AND p.kind = n.kind AND p.name = n.name) AS properties
    FROM (SELECT DISTINCT shop_id, kind, name FROM fresh) n
), placed AS (
    SELECT f.*, k.properties + row_number() OVER (PARTITION BY f.shop_id, f.kind, f.name ORDER BY f.property) AS place
    FROM fresh f JOIN known k USING (shop_id, kind, name)
), dropped AS (
    DELETE FROM pg_temp.schema_found f USING placed p
    WHERE p.place > %(properties_max)s AND f.shop_id = p.shop_id AND f.kind = p.kind AND f.name = p.name
      AND f.property = p.property
    RETURNING f.shop_id, f.kind, f.name
)
UPDATE events_schema e SET properties_dropped = e.properties_dropped + d.properties
FROM (SELECT shop_id, kind, name, count(*) AS properties FROM dropped GROUP BY 1, 2, 3) d
WHERE e.shop_id = d.shop_id AND e.kind = d.kind AND e.name = d.name
