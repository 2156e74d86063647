-- Purpose: write back where each claimed run has come to, once. Rows: up to RUN_BATCH_ROWS.
-- Index: none: `ctid` leads to the row that FOR UPDATE holds in place.
-- A wait that is over already would be claimed again at once and keep the worker spinning: a second at least.
UPDATE journeys_run r
SET status = b.status,
    step_key = b.step_key,
    entered_step_at = b.entered_step_at,
    data = b.data,
    wake_at = CASE WHEN b.status = 0 THEN greatest(b.wake_at, %(now)s::timestamptz + interval '1 second') END,
    ended_at = CASE WHEN b.status <> 0 THEN %(now)s::timestamptz END,
    end_reason = b.end_reason
FROM pg_temp.run_batch b
WHERE r.ctid = b.place AND r.shop_id = b.shop_id AND r.customer_id = b.customer_id AND r.id = b.run_id
