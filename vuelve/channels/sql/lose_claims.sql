-- Purpose: messages whose dispatcher died while they were being sent: nobody knows whether they went, so they are not
-- sent again. Rows: few. Index: channels_message_claimed.
UPDATE channels_message m
SET status = 'unknown', reason = %(reason)s, finished_at = %(now)s
FROM (
    SELECT shop_id, customer_id, id FROM channels_message
    WHERE status = 'sending' AND claimed_at < %(before)s
    ORDER BY claimed_at LIMIT %(rows)s
    FOR UPDATE SKIP LOCKED
) lost
WHERE m.shop_id = lost.shop_id AND m.customer_id = lost.customer_id AND m.id = lost.id
