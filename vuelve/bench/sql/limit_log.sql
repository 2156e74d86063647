-- Purpose: a bare copy of the log with its columns and indexes, in one table, and the unique one that keeps duplicates
-- out: of the log itself that is events_key's, since an index of a partitioned table could not. Rows: none yet.
CREATE TABLE bench_event (LIKE events_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES);
CREATE UNIQUE INDEX ON bench_event (shop_id, message_id);
