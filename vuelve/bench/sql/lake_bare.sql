-- Purpose: the shop's events with the lake's columns, properties as they are. Rows: all of the shop's. No index.
SELECT shop_id, seq, xid, customer_id, kind, origin, historical, occurred_at, received_at, name, source, message_id,
       user_id, anonymous_id, email, phone, context::text, properties::text
FROM events_event WHERE shop_id = %(shop)s
