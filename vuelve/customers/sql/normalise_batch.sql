-- Purpose: an empty identifier is none, an e-mail that cannot be one neither, and an id that no index could hold is
-- replaced by its hash. Ingest lets none of them in; what came another way must not stop the line.
-- Rows: hardly ever any, of a batch of 10,000; no index.
UPDATE pg_temp.event_batch SET
    user_id = CASE WHEN length(user_id) > %(chars_max)s THEN 'sha256:' || encode(sha256(convert_to(user_id, 'UTF8')), 'hex')
                   ELSE nullif(user_id, '') END,
    email = CASE WHEN length(email) <= %(chars_max)s AND email LIKE '%%_@_%%._%%' THEN email END,
    phone = CASE WHEN length(phone) > %(chars_max)s THEN NULL ELSE nullif(phone, '') END,
    anonymous_id = CASE WHEN length(anonymous_id) > %(chars_max)s
                        THEN 'sha256:' || encode(sha256(convert_to(anonymous_id, 'UTF8')), 'hex')
                        ELSE nullif(anonymous_id, '') END
WHERE length(user_id) > %(chars_max)s OR user_id = '' OR length(email) > %(chars_max)s OR email NOT LIKE '%%_@_%%._%%'
   OR length(phone) > %(chars_max)s OR phone = '' OR length(anonymous_id) > %(chars_max)s OR anonymous_id = ''
