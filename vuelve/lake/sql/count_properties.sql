-- Purpose: count the values that each typed column was given. Rows: up to 200. Index: primary key of lake_property.
UPDATE lake_property p SET events = p.events + c.count
FROM unnest(%(properties)s::text[], %(types)s::text[], %(counts)s::bigint[]) AS c (property, value_type, count)
WHERE p.property = c.property AND p.value_type = c.value_type
RETURNING p.is_first, c.count
