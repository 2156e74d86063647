-- Purpose: the days on which events of a shop arrived, up to a position. Rows: one a day. Index: none; reads the shop's log once.
SELECT DISTINCT (received_at AT TIME ZONE 'UTC')::date FROM events_event
WHERE shop_id = %(shop)s AND (xid, seq) <= (%(end_xid)s::bigint, %(end_seq)s::bigint) AND received_at >= %(since)s::timestamptz
