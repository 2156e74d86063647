-- Purpose: count what was told and what is held in each window, beside what the store says. Rows: tens. No index:
-- one pass over the temporary table for each window, in a job once a day.
INSERT INTO events_store_count AS c (shop_id, store_id, kind, part, since, until, theirs, told, held, counted_at)
SELECT %(shop)s, %(store)s, %(kind)s, w.part, w.since, w.until, w.theirs,
       count(o.object_id), count(o.object_id) FILTER (WHERE o.is_held), %(now)s
FROM json_to_recordset(%(windows)s::json) AS w (part text, since timestamptz, until timestamptz, status text, theirs bigint)
LEFT JOIN pg_temp.store_object o
  ON (w.since IS NULL OR o.created_at >= w.since) AND (w.until IS NULL OR o.created_at < w.until)
 AND (w.status = '' OR o.status = w.status)
GROUP BY w.part, w.since, w.until, w.theirs
