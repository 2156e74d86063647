-- Purpose: what a live journey did: its runs, their messages. Rows: half as many as customers of each. No index.
WITH journey AS (
    SELECT j.id AS journey_id, v.id AS version_id, (SELECT k FROM jsonb_object_keys(v.graph -> 'steps') AS k LIMIT 1) AS step,
           (SELECT max(id) FROM channels_templateversion WHERE shop_id = %(shop)s) AS template
    FROM journeys_journey j JOIN journeys_version v ON v.journey_id = j.id WHERE j.shop_id = %(shop)s ORDER BY j.id LIMIT 1
), runs AS (
    INSERT INTO journeys_run (shop_id, customer_id, id, journey_id, version_id, entry_key, status, step_key, entered_step_at, wake_at, entered_at, ended_at)
    SELECT %(shop)s, n * 2, n, journey_id, version_id, '', CASE WHEN n %% 4 = 0 THEN 0 ELSE 1 END, step, at,
           CASE WHEN n %% 4 = 0 THEN at + interval '400 days' END, at, CASE WHEN n %% 4 > 0 THEN at END
    FROM generate_series(1, %(customers)s::bigint / 2) AS n, journey, LATERAL (SELECT %(now)s::timestamptz - n * interval '1 minute' AS at) AS moment
)
INSERT INTO channels_message (shop_id, customer_id, id, idempotency_key, channel, purpose, status, reason, template_version_id, journey_id,
                              journey_version_id, step_key, run_id, locale, address, subject, queued_at, due_at, sent_at, finished_at)
SELECT %(shop)s, n * 2, n, 'k-' || n, 'email', 'transactional',
       CASE WHEN n %% 20000 = 0 THEN 'failed' WHEN n %% 500 = 0 THEN 'bounced' WHEN n %% 9 = 0 THEN 'withheld' ELSE 'delivered' END,
       CASE WHEN n %% 9 = 0 THEN 'consent' END, template, journey_id, version_id, step, n, 'es-MX', 'x@example.com', 'Gracias por tu pedido', at, at, at, at
FROM generate_series(1, %(customers)s::bigint / 2) AS n, journey, LATERAL (SELECT %(now)s::timestamptz - (%(customers)s / 2 - n) * interval '1 minute' AS at) AS moment
