-- Purpose: the runs that events of a batch end, for one goal or exit of a journey.
-- Rows: up to CONSUMER_BATCH_ROWS. Index: journeys_run's unique key (shop, customer, journey).
-- The events are made ready first: row-level security keeps a condition with COALESCE away from the index (it counts
-- as leaky), and each event then read all runs of the journey. OFFSET 0 makes it one descent an event: the planner
-- likes to hash the journey's active runs, all of them (333,000: 580 ms a batch).
-- An event counts only if it comes after the one that entered the run, in the log and by its own time: a late report
-- of what happened before does not end it.
WITH event AS MATERIALIZED (
    SELECT coalesce(a.canonical_id, e.customer_id) AS customer_id, e.xid, e.seq, e.occurred_at, e.name,
           left(e.properties ->> %(property)s, %(key_chars_max)s) AS value
    FROM pg_temp.event_batch e
    LEFT JOIN customers_alias a ON a.shop_id = e.shop_id AND a.customer_id = e.customer_id
    WHERE e.shop_id = %(shop)s AND e.name = %(event)s AND NOT e.historical AND e.customer_id IS NOT NULL
      AND (NOT %(conditional)s OR e.seq IN (SELECT subject_id FROM pg_temp.subject_matched))
)
INSERT INTO pg_temp.run_ending (shop_id, customer_id, run_id, event_xid, event_seq, status, reason)
SELECT r.shop_id, r.customer_id, r.id, e.xid, e.seq, %(status)s, e.name
FROM event e
CROSS JOIN LATERAL (
    SELECT * FROM journeys_run
    WHERE shop_id = %(shop)s AND customer_id = e.customer_id AND journey_id = %(journey)s
    OFFSET 0
) r
WHERE r.status = 0 AND r.version_id = ANY (%(versions)s)
  AND (e.xid, e.seq) > (r.event_xid, r.event_seq) AND e.occurred_at >= r.entered_at
  AND CASE %(matching)s
          WHEN 'entry_key' THEN e.value = r.entry_key
          WHEN 'data' THEN e.value = r.data #>> %(data_path)s::text[]
          ELSE true
      END
