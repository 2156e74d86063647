-- Purpose: every message to one person, with what it was rendered from. Rows: up to hundreds, streamed.
-- Index: channels_message's primary key.
SELECT m.id AS message_id, m.channel, m.purpose, m.status, m.reason, m.address, m.subject, m.locale, t.key AS template,
       v.number AS template_version, m.journey_id, m.step_key AS step, m.provider, m.provider_message_id, m.queued_at,
       m.sent_at, m.finished_at, m.template_version_id, m.data::text AS snapshot
FROM channels_message m
JOIN channels_templateversion v ON v.id = m.template_version_id
JOIN channels_template t ON t.id = v.template_id
WHERE m.shop_id = %(shop)s AND m.customer_id = ANY (%(ids)s)
ORDER BY m.queued_at, m.id
