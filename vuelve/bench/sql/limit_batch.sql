-- Purpose: one batch of the bare limit. Rows: 1,000. Index: the copy of journeys_run_due, then the primary key.
WITH due AS (
    SELECT shop_id, customer_id, id FROM bench_run
    WHERE shop_id = 1 AND journey_id = 1 AND status = 0 AND wake_at <= now()
    ORDER BY wake_at
    LIMIT %(rows)s
    FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE bench_run r SET status = 1, step_key = 'end', wake_at = NULL, ended_at = now()
    FROM due d
    WHERE r.shop_id = d.shop_id AND r.customer_id = d.customer_id AND r.id = d.id
    RETURNING r.shop_id, r.customer_id, r.id, r.version_id
)
INSERT INTO bench_move (shop_id, customer_id, run_id, version_id, at, step_key, outcome)
SELECT shop_id, customer_id, id, version_id, now(), 'split', 'done' FROM moved
