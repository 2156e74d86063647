-- Purpose: drop deduplication keys past their window, a bounded number a call.
-- Rows: up to %(rows)s. Index: events_key_age (BRIN: keys are inserted in order of time).
DELETE FROM events_key k
USING (SELECT shop_id, key FROM events_key WHERE received_at < %(before)s LIMIT %(rows)s) old
WHERE k.shop_id = old.shop_id AND k.key = old.key
