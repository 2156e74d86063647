-- Purpose: how many of the newest messages failed in a day, and whether some are long due. Rows: one.
-- Index: channels_message_recent, %(rows)s entries of it; channels_message_due. The limit is inside and the day outside: with
-- the day inside, a shop that sent little of late had all its messages read to find a few.
SELECT count(*), count(*) FILTER (WHERE status = 'failed'), min(finished_at) FILTER (WHERE status = 'failed'),
       EXISTS (SELECT FROM channels_message WHERE shop_id = %(shop)s AND status = 'queued' AND due_at < %(late)s)
FROM (
    SELECT status, finished_at, queued_at FROM channels_message
    WHERE shop_id = %(shop)s ORDER BY id DESC LIMIT %(rows)s
) AS newest
WHERE queued_at >= %(since)s
