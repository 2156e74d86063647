-- Purpose: what the properties of the sample hold. Rows: the distinct properties of the sample's names.
-- Index: none: pg_temp.schema_sample. Of one event at most %(keys_max)s properties are looked at.
INSERT INTO pg_temp.schema_found
SELECT shop_id, kind, name, property, min(received_at), max(received_at),
       count(*) FILTER (WHERE type = 'text'), count(*) FILTER (WHERE type = 'number'),
       count(*) FILTER (WHERE type = 'boolean'), count(*) FILTER (WHERE type = 'time'),
       count(*) FILTER (WHERE type = 'array'), count(*) FILTER (WHERE type = 'object'),
       count(*) FILTER (WHERE type = 'empty')
FROM (
    SELECT s.shop_id, s.kind, s.name, s.received_at, p.key AS property,
           CASE json_typeof(p.value)
               WHEN 'null' THEN 'empty'
               WHEN 'string' THEN CASE
                   WHEN p.value::text = '""' THEN 'empty'
                   WHEN p.value::text LIKE '"____-__-__%%' AND p.value::text ~ '^"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}[^"]{0,20})?"$' THEN 'time'
                   ELSE 'text' END
               ELSE json_typeof(p.value) END AS type
    FROM pg_temp.schema_sample s
    CROSS JOIN LATERAL (SELECT key, value FROM json_each(s.properties) LIMIT %(keys_max)s) p
    WHERE length(p.key) BETWEEN 1 AND %(property_chars_max)s
) typed
GROUP BY shop_id, kind, name, property
