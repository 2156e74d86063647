-- Purpose: one message for its page. Rows: 1. Index: channels_message_recent.
SELECT m.id, m.customer_id, m.channel, m.purpose, m.status, m.reason, m.subject, m.address, m.journey_id, m.step_key,
       m.queued_at, m.due_at, m.sent_at, m.finished_at, m.locale, m.provider, m.provider_message_id, m.attempts,
       t.name AS template_name, v.number AS version_number
FROM channels_message m
JOIN channels_templateversion v ON v.id = m.template_version_id
JOIN channels_template t ON t.id = v.template_id
WHERE m.shop_id = %(shop)s AND m.id = %(message)s
