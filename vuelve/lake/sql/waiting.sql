-- Purpose: whether a whole flush's worth of events waits, by the sequence of the log: a guess that costs nothing. Rows: 1.
SELECT last_value - coalesce((SELECT flushed_seq FROM lake_state), 0) >= %(rows)s FROM events_seq
