-- Purpose: let go the runs of a group whose wait is over; the others get the exact instant at which theirs will be.
-- Rows: up to RUN_BATCH_ROWS. Index: none: the batch is read once a step.
UPDATE pg_temp.run_batch
SET outcome = CASE WHEN entered_step_at + %(seconds)s * interval '1 second' <= %(now)s THEN 'done' ELSE '' END,
    wake_at = entered_step_at + %(seconds)s * interval '1 second'
WHERE version_id = %(version)s AND step_key = %(step)s
