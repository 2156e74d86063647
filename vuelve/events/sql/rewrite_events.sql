-- Purpose: take an erased person out of events that stay (pg_temp.event_rewritten). Rows: a few.
-- Index: events_event_position. A bare event is nobody's any more: history, so that no journey begins with it, and without
-- the sender's message id, which may have been made of the person's. The shard stays: its reader may be behind it.
UPDATE events_event e
SET customer_id = r.customer_id, user_id = r.user_id, anonymous_id = r.anonymous_id, email = r.email, phone = r.phone,
    properties = r.properties::json,
    context = CASE WHEN r.is_bare THEN NULL ELSE e.context END,
    historical = e.historical OR r.is_bare,
    message_id = CASE WHEN r.is_bare THEN 'erased:' || e.seq ELSE e.message_id END
FROM pg_temp.event_rewritten r
WHERE e.xid = r.xid AND e.seq = r.seq
