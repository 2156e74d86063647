-- Purpose: send the runs for which a branch's conditions are true along that branch.
-- Rows: up to RUN_BATCH_ROWS. Index: none: both sides are read once and hashed.
UPDATE pg_temp.run_batch b SET outcome = %(branch)s
FROM pg_temp.subject_matched m
WHERE b.run_id = m.subject_id AND b.version_id = %(version)s AND b.step_key = %(step)s AND b.outcome IS NULL
