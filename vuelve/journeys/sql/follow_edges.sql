-- Purpose: lead the runs that a step let go along the edge of their outcome, and note each move.
-- Rows: up to RUN_BATCH_ROWS; returns the count by outcome. Index: none: the batch is read once a step.
WITH moved AS (
    UPDATE pg_temp.run_batch b
    SET step_key = edge.target, outcome = NULL, wake_at = NULL, entered_step_at = %(now)s
    FROM unnest(%(outcomes)s::text[], %(targets)s::text[]) AS edge (outcome, target)
    WHERE b.version_id = %(version)s AND b.step_key = %(step)s AND b.status = 0 AND b.outcome = edge.outcome
    RETURNING b.shop_id, b.customer_id, b.run_id, edge.outcome
), noted AS (
    INSERT INTO journeys_transition (shop_id, customer_id, run_id, version_id, at, step_key, outcome)
    SELECT shop_id, customer_id, run_id, %(version)s, %(now)s, %(step)s, outcome FROM moved
)
SELECT outcome, count(*) FROM moved GROUP BY outcome
