-- Purpose: the runs of a group as subjects of conditions; the event that entered a run is the one looked at.
-- Rows: up to RUN_BATCH_ROWS. Index: none: the batch is read once.
INSERT INTO pg_temp.subject (subject_id, customer_id, event_seq)
SELECT run_id, customer_id, event_seq FROM pg_temp.run_batch
WHERE version_id = %(version)s AND step_key = %(step)s AND outcome IS NULL
