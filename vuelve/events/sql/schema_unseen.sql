-- Purpose: which of these properties no event had. Rows: up to the conditions of a tree. A name whose properties were too many
-- to keep may have had any. Index: events_schema_property's and events_schema's primary keys.
SELECT a.kind, a.name, a.property
FROM unnest(%(kinds)s::smallint[], %(names)s::text[], %(properties)s::text[]) AS a (kind, name, property)
WHERE NOT EXISTS (
        SELECT FROM events_schema_property p
        WHERE p.shop_id = %(shop)s AND p.kind = a.kind AND p.name = a.name AND p.property = a.property)
  AND NOT EXISTS (
        SELECT FROM events_schema s
        WHERE s.shop_id = %(shop)s AND s.kind = a.kind AND s.name = a.name AND s.properties_dropped > 0)
