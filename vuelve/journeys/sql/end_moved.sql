-- Purpose: of runs that a move brings under one entry key, keep the oldest and end the others; they stay readable under a
-- key of their own. Rows: a few a move; returns counts. Index: journeys_run's primary key.
-- Runs that the same batch moves away from there do not meet those that come.
WITH met AS (
    SELECT DISTINCT r.shop_id, r.customer_id, r.id, m.into_id, r.journey_id, r.entry_key, r.entered_at
    FROM pg_temp.customers_moved m
    JOIN journeys_run r ON r.shop_id = m.shop_id AND r.customer_id IN (m.from_id, m.into_id)
    WHERE CASE WHEN r.customer_id = m.from_id THEN coalesce(r.node_id, r.customer_id) = m.node_id
               ELSE NOT EXISTS (
                   SELECT FROM pg_temp.customers_moved away
                   WHERE away.shop_id = r.shop_id AND away.from_id = r.customer_id
                     AND away.node_id = coalesce(r.node_id, r.customer_id)) END
), placed AS (
    SELECT shop_id, customer_id, id,
           row_number() OVER (PARTITION BY shop_id, into_id, journey_id, entry_key ORDER BY entered_at, id) AS place
    FROM met
), younger AS (
    SELECT r.shop_id, r.customer_id, r.id, r.status AS status_before
    FROM placed p JOIN journeys_run r USING (shop_id, customer_id, id)
    WHERE p.place > 1
    FOR UPDATE OF r
), ended AS (
    UPDATE journeys_run r
    SET entry_key = r.entry_key || '~' || r.id,
        status = CASE WHEN r.status = 0 THEN 3 ELSE r.status END,
        wake_at = NULL,
        ended_at = coalesce(r.ended_at, %(now)s),
        end_reason = coalesce(r.end_reason, 'merged')
    FROM younger y
    WHERE r.shop_id = y.shop_id AND r.customer_id = y.customer_id AND r.id = y.id
    RETURNING r.shop_id, r.customer_id, r.id, r.version_id, r.step_key, y.status_before
), noted AS (
    INSERT INTO journeys_transition (shop_id, customer_id, run_id, version_id, at, step_key, outcome)
    SELECT shop_id, customer_id, id, version_id, %(now)s, step_key, 'exited' FROM ended WHERE status_before = 0
)
SELECT shop_id, version_id, step_key, count(*) FROM ended WHERE status_before = 0 GROUP BY shop_id, version_id, step_key
