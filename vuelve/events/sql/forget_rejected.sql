-- Purpose: drop refused events past their days, a bounded number a call.
-- Rows: up to %(rows)s. Index: events_rejected_age (BRIN: rows are inserted in order of time).
DELETE FROM events_rejected r
USING (SELECT shop_id, id FROM events_rejected WHERE received_at < %(before)s LIMIT %(rows)s) old
WHERE r.shop_id = old.shop_id AND r.id = old.id
