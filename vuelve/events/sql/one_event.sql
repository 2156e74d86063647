-- Purpose: one event, whole. Rows: 1. Index: events_event_position.
SELECT xid, seq, kind, origin, historical, customer_id, occurred_at, received_at, name, source, message_id,
       user_id, anonymous_id, email, phone, shard, properties::text AS properties, context::text AS context
FROM events_event
WHERE shop_id = %(shop)s AND xid = %(xid)s AND seq = %(seq)s
