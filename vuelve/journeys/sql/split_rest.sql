-- Purpose: send the runs of a group that no branch took along the edge `otherwise`. Rows: up to RUN_BATCH_ROWS.
UPDATE pg_temp.run_batch SET outcome = 'otherwise'
WHERE version_id = %(version)s AND step_key = %(step)s AND outcome IS NULL
