-- Purpose: the position of the last event from outside. Rows: 1. Index: events_event_position, backwards.
SELECT xid, seq FROM events_event WHERE shop_id = %(shop)s AND origin = 0 ORDER BY xid DESC, seq DESC LIMIT 1
