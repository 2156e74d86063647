-- Purpose: one person's ways through journeys, oldest first. Rows: tens. Index: journeys_run's primary key.
SELECT j.key AS journey, j.name, v.number AS version, r.id AS run_id,
       (ARRAY['active', 'finished', 'goal', 'exited', 'failed'])[r.status + 1] AS status, r.step_key AS step, r.entered_at,
       r.entered_step_at, r.ended_at, r.end_reason, r.entry_key, r.data::text AS data, e.source AS origin_source,
       e.message_id AS origin_message_id
FROM journeys_run r
JOIN journeys_journey j ON j.id = r.journey_id
JOIN journeys_version v ON v.id = r.version_id
LEFT JOIN LATERAL (
    SELECT e.source, e.message_id FROM events_event e
    WHERE e.xid = r.event_xid AND e.seq = r.event_seq AND e.shop_id = r.shop_id LIMIT 1
) e ON true
WHERE r.shop_id = %(shop)s AND r.customer_id = ANY (%(ids)s)
ORDER BY r.entered_at, r.id
