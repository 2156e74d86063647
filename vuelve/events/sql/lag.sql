-- Purpose: how many events each consumer has not read, up to a bound. Rows: one a consumer.
-- Index: events_event_position. The bound keeps a long backlog from making the measure expensive.
SELECT c.consumer, (
    SELECT count(*) FROM (
        SELECT FROM events_event e WHERE (e.xid, e.seq) > (c.xid, c.seq) LIMIT %(most)s
    ) ahead)
FROM (SELECT DISTINCT ON (consumer) consumer, xid, seq FROM events_cursor ORDER BY consumer, xid, seq) c
