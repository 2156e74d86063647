-- Purpose: forget the last answer, and have the subjects' look-ups planned as look-ups. Rows: none.
-- Without figures of pg_temp.subject the planner takes 5,000 subjects for what fits on a few pages; 0.7 ms for 5,000.
-- Row-level security's list of shops counts as ten shops to the planner, which makes it take an index look-up for ten
-- times dearer than it is, and read a whole table (or worse, a whole index in its order) instead. Rows are made dearer
-- by about as much, until the statement is done: with 5,000 subjects and 1,000,000 events 0.4 s instead of 3.4 s.
SELECT vuelve_clear('pg_temp.subject_matched');
ANALYZE pg_temp.subject;
SET LOCAL cpu_tuple_cost = 0.3
