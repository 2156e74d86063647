-- Purpose: empty up to %(rows)s messages past the days that the shop keeps their content. Rows: up to %(rows)s.
-- Index: channels_message_recent (shop_id, id DESC), read from the oldest.
UPDATE channels_message m
SET data = '{}', address = NULL, subject = NULL, provider_message_id = NULL
FROM (
    SELECT shop_id, customer_id, id FROM channels_message
    WHERE shop_id = %(shop)s AND finished_at < %(before)s AND data <> '{}'
    ORDER BY id LIMIT %(rows)s
) old
WHERE m.shop_id = old.shop_id AND m.customer_id = old.customer_id AND m.id = old.id
