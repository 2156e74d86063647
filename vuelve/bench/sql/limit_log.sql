-- Purpose: a bare copy of the log with its columns and indexes, in one table. Rows: none yet.
CREATE TABLE bench_event (LIKE events_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES);
