-- Purpose: where the events of a batch begin and end. Rows: 1, none without stamps. No index: a temporary table.
SELECT a.xid, a.seq, z.xid, z.seq
FROM (SELECT xid, seq FROM pg_temp.event_stamp ORDER BY xid, seq LIMIT 1) a,
     (SELECT xid, seq FROM pg_temp.event_stamp ORDER BY xid DESC, seq DESC LIMIT 1) z
