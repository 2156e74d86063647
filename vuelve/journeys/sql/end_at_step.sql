-- Purpose: end the claimed runs that stand at a step and do not wait there: at an end of the graph, or with a failure.
-- Rows: up to RUN_BATCH_ROWS; returns their number. Index: none: the batch is read once a step.
WITH ended AS (
    UPDATE pg_temp.run_batch
    SET status = %(status)s, end_reason = %(reason)s, outcome = NULL, wake_at = NULL
    WHERE version_id = %(version)s AND step_key = %(step)s AND status = 0
      AND (%(everyone)s OR outcome IS DISTINCT FROM '' OR wake_at IS NULL)
    RETURNING shop_id, customer_id, run_id
), noted AS (
    INSERT INTO journeys_transition (shop_id, customer_id, run_id, version_id, at, step_key, outcome)
    SELECT shop_id, customer_id, run_id, %(version)s, %(now)s, %(step)s, %(outcome)s FROM ended
)
SELECT count(*) FROM ended
