-- Purpose: how many claimed runs stand at which step. Rows: few. Index: none: the batch is read once.
SELECT version_id, step_key, count(*) FROM pg_temp.run_batch GROUP BY version_id, step_key
