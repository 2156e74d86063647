-- Purpose: halve the counts of some names, so that what is new weighs more than what was: a property that is sent no
-- more fades and goes. Rows: the properties of those names, once in SCHEMA_SAMPLED_MAX / 2 events looked into.
-- Index: events_schema's and events_schema_property's primary keys.
WITH due AS MATERIALIZED (
    SELECT * FROM unnest(%(shops)s::bigint[], %(kinds)s::smallint[], %(names)s::text[]) AS d (shop_id, kind, name)
), halved AS (
    UPDATE events_schema e SET sampled = e.sampled / 2 FROM due d
    WHERE e.shop_id = d.shop_id AND e.kind = d.kind AND e.name = d.name
), gone AS (
    DELETE FROM events_schema_property p USING due d
    WHERE p.shop_id = d.shop_id AND p.kind = d.kind AND p.name = d.name
      AND greatest(texts, numbers, booleans, times, lists, objects, empties) < 2
)
UPDATE events_schema_property p SET
    texts = texts / 2, numbers = numbers / 2, booleans = booleans / 2, times = times / 2, lists = lists / 2,
    objects = objects / 2, empties = empties / 2
FROM due d
WHERE p.shop_id = d.shop_id AND p.kind = d.kind AND p.name = d.name
  AND greatest(texts, numbers, booleans, times, lists, objects, empties) >= 2
