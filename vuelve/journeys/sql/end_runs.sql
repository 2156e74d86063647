-- Purpose: end the runs found in pg_temp.run_ending, each by the first event that ends it; of a goal and an exit by
-- the same event the goal counts. Rows: up to CONSUMER_BATCH_ROWS; returns counts. Index: journeys_run's primary key.
-- A run that the engine is moving is waited for; the step it is then at is the one it leaves.
WITH first AS (
    SELECT DISTINCT ON (shop_id, run_id) * FROM pg_temp.run_ending
    ORDER BY shop_id, run_id, event_xid, event_seq, status
), ended AS (
    UPDATE journeys_run r
    SET status = f.status, wake_at = NULL, ended_at = %(now)s, end_reason = f.reason
    FROM first f
    WHERE r.shop_id = f.shop_id AND r.customer_id = f.customer_id AND r.id = f.run_id AND r.status = 0
    RETURNING r.shop_id, r.customer_id, r.id, r.version_id, r.step_key,
              CASE r.status WHEN 2 THEN 'goal' ELSE 'exited' END AS outcome
), noted AS (
    INSERT INTO journeys_transition (shop_id, customer_id, run_id, version_id, at, step_key, outcome)
    SELECT shop_id, customer_id, id, version_id, %(now)s, step_key, outcome FROM ended
)
SELECT shop_id, version_id, step_key, outcome, count(*) FROM ended GROUP BY shop_id, version_id, step_key, outcome
