-- Purpose: up to where the customers that events touched have been judged. Rows: 1. Index: primary key of events_cursor.
SELECT xid, seq FROM events_cursor WHERE consumer = 'segments' ORDER BY xid, seq LIMIT 1
