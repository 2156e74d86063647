-- Purpose: one page of the list of messages, newest first.
-- Rows: PAGE_ROWS + 1. Index: channels_message_recent, or channels_message_journey with a journey, or the primary key
-- with a customer; a filter by status reads along it until the page is full. The names come after, one look-up a row.
SELECT m.*, named.name AS template_name
FROM (
    SELECT m.id, m.customer_id, m.channel, m.purpose, m.status, m.reason, m.subject, m.address, m.journey_id, m.step_key,
           m.queued_at, m.due_at, m.finished_at, m.template_version_id
    FROM channels_message m
    WHERE m.shop_id = %(shop)s
      AND (%(after)s::bigint IS NULL OR m.id < %(after)s)
      AND (%(status)s::text IS NULL OR m.status = %(status)s)
      AND (%(reason)s::text IS NULL OR m.reason = %(reason)s)
      AND (%(journey)s::bigint IS NULL OR m.journey_id = %(journey)s)
      AND (%(step)s::text IS NULL OR m.step_key = %(step)s)
      AND (%(customers)s::bigint[] IS NULL OR m.customer_id = ANY (%(customers)s))
    ORDER BY m.id DESC
    LIMIT %(rows)s
) AS m
JOIN LATERAL (
    SELECT t.name FROM channels_templateversion v JOIN channels_template t ON t.id = v.template_id
    WHERE v.id = m.template_version_id LIMIT 1
) AS named ON true
ORDER BY m.id DESC
