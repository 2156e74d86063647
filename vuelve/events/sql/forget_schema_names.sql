-- Purpose: forget names that were not seen for long, so that others find room. Rows: few; a scan of a small table.
WITH gone AS (
    DELETE FROM events_schema WHERE last_at < %(before)s RETURNING shop_id, kind, name
)
DELETE FROM events_schema_property p USING gone g
WHERE p.shop_id = g.shop_id AND p.kind = g.kind AND p.name = g.name
