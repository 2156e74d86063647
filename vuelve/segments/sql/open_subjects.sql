-- Purpose: the tables through which a condition is asked about a batch and answers.
-- Rows: up to RUN_BATCH_ROWS or CONSUMER_BATCH_ROWS. Index: none, they are read as a whole.
CREATE TEMP TABLE IF NOT EXISTS subject (
    subject_id  bigint NOT NULL,   -- the caller's: a run, a row of a batch
    customer_id bigint NOT NULL,
    event_seq   bigint             -- the event that is looked at, if any
);
CREATE TEMP TABLE IF NOT EXISTS subject_matched (
    subject_id bigint NOT NULL
);
