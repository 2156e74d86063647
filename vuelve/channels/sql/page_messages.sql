-- Purpose: one page of the list of messages, newest first.
-- Rows: PAGE_ROWS + 1. Index: channels_message_recent, or channels_message_journey with a journey, or the primary key
-- with a customer; a filter by status reads along it until the page is full.
SELECT m.id, m.customer_id, m.channel, m.purpose, m.status, m.reason, m.subject, m.address, m.journey_id, m.step_key,
       m.queued_at, m.due_at, m.finished_at, t.name AS template_name
FROM channels_message m
JOIN channels_templateversion v ON v.id = m.template_version_id
JOIN channels_template t ON t.id = v.template_id
WHERE m.shop_id = %(shop)s
  AND (%(after)s::bigint IS NULL OR m.id < %(after)s)
  AND (%(status)s::text IS NULL OR m.status = %(status)s)
  AND (%(reason)s::text IS NULL OR m.reason = %(reason)s)
  AND (%(journey)s::bigint IS NULL OR m.journey_id = %(journey)s)
  AND (%(step)s::text IS NULL OR m.step_key = %(step)s)
  AND (%(customers)s::bigint[] IS NULL OR m.customer_id = ANY (%(customers)s))
ORDER BY m.id DESC
LIMIT %(rows)s
