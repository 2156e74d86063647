-- Purpose: how many events from outside the consumer that is furthest behind has not passed. Rows: 1.
-- Index: events_event_position.
SELECT count(*) FROM events_event
WHERE shop_id = %(shop)s AND origin = 0
  AND (xid, seq) > (SELECT xid, seq FROM events_cursor ORDER BY xid, seq LIMIT 1)
