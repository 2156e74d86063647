-- Purpose: messages sent and withheld in a period, and of those sent how many arrived and were clicked, by day of the shop's zone.
-- Rows: one per day with messages. Index: channels_message_decided, whose expression this repeats word for word.
SELECT (decided_at AT TIME ZONE %(zone)s)::date AS day,
       count(*) FILTER (WHERE status <> 'withheld') AS sent,
       count(*) FILTER (WHERE status = 'withheld') AS withheld,
       count(*) FILTER (WHERE status IN ('delivered', 'read', 'clicked', 'replied')) AS arrived,
       count(*) FILTER (WHERE status IN ('clicked', 'replied')) AS clicked
FROM (
    SELECT status, CASE WHEN status = 'withheld' THEN finished_at ELSE sent_at END AS decided_at
    FROM channels_message
    WHERE shop_id = %(shop)s
      AND status IN ('accepted', 'delivered', 'read', 'clicked', 'replied', 'bounced', 'withheld')
      AND CASE WHEN status = 'withheld' THEN finished_at ELSE sent_at END >= %(start)s
      AND CASE WHEN status = 'withheld' THEN finished_at ELSE sent_at END < %(end)s
) AS decided
GROUP BY day
