-- Purpose: the oldest transaction that may still write (xmin), and the next that will begin (xmax). Rows: 1.
-- Their distance over time tells whether somebody holds the consumers up.
SELECT pg_snapshot_xmin(pg_current_snapshot())::text, pg_snapshot_xmax(pg_current_snapshot())::text
