-- Purpose: a day of a shop's events with the lake's columns, to be compared. Rows: a day's. Index: none; partitions by received_at.
SELECT shop_id, seq, xid, customer_id, kind, origin, historical, occurred_at, received_at, name, source, message_id,
       user_id, anonymous_id, email, phone, context::text, properties::text
FROM events_event
WHERE shop_id = %(shop)s AND (xid, seq) <= (%(end_xid)s::bigint, %(end_seq)s::bigint)
  AND received_at >= %(since)s::date::timestamp AT TIME ZONE 'UTC' AND received_at < %(until)s::date::timestamp AT TIME ZONE 'UTC'
