-- Purpose: what was seen of each event name of a shop, with its counts. Rows: up to SCHEMA_NAMES_MAX.
-- Index: events_schema's and events_schema_property's primary keys, events_schema_hour_age.
WITH hours AS MATERIALIZED (
    SELECT kind, name, sum(events) FILTER (WHERE hour > %(now)s - interval '24 hours') AS day, sum(events) AS week,
           array_agg(ARRAY[floor(extract(epoch FROM hour - %(week)s) / 86400)::bigint, events]) AS buckets
    FROM events_schema_hour WHERE shop_id = %(shop)s AND hour >= %(week)s AND hour <= %(now)s
    GROUP BY kind, name
), properties AS MATERIALIZED (
    SELECT kind, name, count(*) AS properties,
           count(*) FILTER (WHERE (texts > 0)::int + (numbers > 0)::int + (booleans > 0)::int + (times > 0)::int
                                  + (lists > 0)::int + (objects > 0)::int > 1) AS conflicts
    FROM events_schema_property WHERE shop_id = %(shop)s GROUP BY kind, name
)
SELECT e.kind, e.name, e.first_at, e.last_at, e.events, e.sampled, e.properties_dropped,
       coalesce(h.day, 0)::bigint AS day, coalesce(h.week, 0)::bigint AS week, h.buckets,
       coalesce(p.properties, 0) AS properties, coalesce(p.conflicts, 0) AS conflicts
FROM events_schema e
LEFT JOIN hours h ON h.kind = e.kind AND h.name = e.name
LEFT JOIN properties p ON p.kind = e.kind AND p.name = e.name
WHERE e.shop_id = %(shop)s
ORDER BY e.name = '', e.last_at DESC, e.name
