-- Purpose: what was rewritten in the log, in the batch that identity works on. Rows: a few; no index: temporary tables.
UPDATE pg_temp.event_batch b
SET customer_id = r.customer_id, user_id = r.user_id, anonymous_id = r.anonymous_id, email = r.email, phone = r.phone,
    properties = r.properties::json, context = CASE WHEN r.is_bare THEN NULL ELSE b.context END,
    historical = b.historical OR r.is_bare
FROM pg_temp.event_rewritten r
WHERE r.seq = b.seq
