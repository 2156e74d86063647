-- Purpose: bare copies of the tables of runs and moves, with their indexes. Rows: none yet.
CREATE TABLE bench_run (LIKE journeys_run INCLUDING DEFAULTS INCLUDING INDEXES INCLUDING CONSTRAINTS) WITH (fillfactor = 80);
CREATE TABLE bench_move (LIKE journeys_transition INCLUDING INDEXES);
