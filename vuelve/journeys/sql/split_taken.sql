-- Purpose: take the runs that a branch took out of those that the next branches are asked about.
-- Rows: up to RUN_BATCH_ROWS. Index: none: both sides are read once and hashed.
DELETE FROM pg_temp.subject s USING pg_temp.subject_matched m WHERE s.subject_id = m.subject_id
