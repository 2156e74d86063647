-- Purpose: begin runs of one version for the events of a batch that enter it; a customer who is in by that key stays.
-- Rows: up to CONSUMER_BATCH_ROWS. Index: journeys_run's unique key. Merged customers enter as who they are now.
-- Returns how many entered, and how many lacked the property that the journey re-enters by (or had it too long).
WITH event AS (
    SELECT e.shop_id, coalesce(a.canonical_id, e.customer_id) AS customer_id, e.customer_id AS node_id, e.xid, e.seq,
           e.occurred_at,
           CASE %(reentry)s
               WHEN 'once' THEN ''
               WHEN 'each_event' THEN e.source || '/' || e.message_id
               ELSE e.properties ->> %(property)s
           END AS entry_key,
           CASE WHEN cardinality(%(kept)s::text[]) = 0 THEN '{}'::jsonb
                ELSE jsonb_build_object('trigger', (
                    SELECT jsonb_object_agg(name, left(e.properties ->> name, %(key_chars_max)s))
                    FROM unnest(%(kept)s::text[]) AS name))
           END AS data
    FROM pg_temp.event_batch e
    LEFT JOIN customers_alias a ON a.shop_id = e.shop_id AND a.customer_id = e.customer_id
    WHERE e.shop_id = %(shop)s AND e.name = %(event)s AND NOT e.historical AND e.customer_id IS NOT NULL
      AND (NOT %(conditional)s OR e.seq IN (SELECT subject_id FROM pg_temp.subject_matched))
), entered AS (
    INSERT INTO journeys_run (shop_id, customer_id, node_id, journey_id, version_id, entry_key, step_key, entered_step_at,
                              wake_at, event_xid, event_seq, data, entered_at)
    SELECT shop_id, customer_id, node_id, %(journey)s, %(version)s, entry_key, %(first)s, %(now)s,
           %(now)s, xid, seq, data, least(occurred_at, %(now)s)
    FROM event
    WHERE length(entry_key) <= %(key_chars_max)s AND (entry_key <> '' OR %(reentry)s = 'once')
    ORDER BY xid, seq
    ON CONFLICT (shop_id, customer_id, journey_id, entry_key) DO NOTHING
    RETURNING shop_id, customer_id, id
), noted AS (
    INSERT INTO journeys_transition (shop_id, customer_id, run_id, version_id, at, step_key, outcome)
    SELECT shop_id, customer_id, id, %(version)s, %(now)s, '', 'entered' FROM entered
)
SELECT (SELECT count(*) FROM entered),
       (SELECT count(*) FROM event
        WHERE entry_key IS NULL OR length(entry_key) > %(key_chars_max)s OR (entry_key = '' AND %(reentry)s <> 'once'))
