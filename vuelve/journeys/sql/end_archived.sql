-- Purpose: end runs that stand in an archived journey, wherever they are. Rows: up to RUN_BATCH_ROWS a call.
-- Index: journeys_run_due.
WITH standing AS (
    SELECT shop_id, customer_id, id FROM journeys_run
    WHERE shop_id = %(shop)s AND journey_id = %(journey)s AND status = 0
    LIMIT %(rows)s
    FOR UPDATE SKIP LOCKED
), ended AS (
    UPDATE journeys_run r
    SET status = 3, wake_at = NULL, ended_at = %(now)s, end_reason = 'archived'
    FROM standing s
    WHERE r.shop_id = s.shop_id AND r.customer_id = s.customer_id AND r.id = s.id
    RETURNING r.shop_id, r.customer_id, r.id, r.version_id, r.step_key
), noted AS (
    INSERT INTO journeys_transition (shop_id, customer_id, run_id, version_id, at, step_key, outcome)
    SELECT shop_id, customer_id, id, version_id, %(now)s, step_key, 'exited' FROM ended
)
SELECT version_id, step_key, count(*) FROM ended GROUP BY version_id, step_key
