-- Purpose: write the outcomes, and stage the events that tell of them. Rows: a batch. Index: channels_message's key.
-- A claim's outcome counts as long as the message still belongs to that claim: one that was given up as unknown
-- meanwhile may still learn what became of it, one that was queued again may not.
WITH settled AS (
    UPDATE channels_message m
    SET status = o.status,
        reason = o.reason,
        due_at = coalesce(o.due_at, m.due_at),
        address = coalesce(o.address, m.address),
        locale = coalesce(o.locale, m.locale),
        subject = coalesce(o.subject, m.subject),
        provider = coalesce(o.provider, m.provider),
        provider_message_id = coalesce(o.provider_message_id, m.provider_message_id),
        data = coalesce(o.data, m.data),
        attempts = coalesce(o.attempts, m.attempts),
        claimed_at = o.claimed_at,
        sent_at = coalesce(o.sent_at, m.sent_at),
        finished_at = o.finished_at
    FROM pg_temp.message_outcome o
    WHERE m.shop_id = o.shop_id AND m.customer_id = o.customer_id AND m.id = o.id
      AND m.status IN ('queued', 'sending', 'unknown') AND m.claimed_at IS NOT DISTINCT FROM o.was_claimed_at
    RETURNING m.shop_id, o.owner_id, m.id, m.status, m.reason, m.channel, m.purpose, m.journey_id, m.step_key, m.run_id,
              m.template_version_id, m.provider, m.subject
)
INSERT INTO pg_temp.event_staged (shop_id, name, occurred_at, message_id, customer_id, properties)
SELECT shop_id, told.name, %(now)s, 'message:' || id || ':' || told.suffix, owner_id,
       json_strip_nulls(json_build_object(
           'message_id', id::text, 'channel', channel, 'purpose', purpose, 'reason', reason, 'subject', subject,
           'journey_id', journey_id, 'step', step_key, 'run_id', run_id, 'template_version_id', template_version_id,
           'provider', CASE WHEN status IN ('accepted', 'delivered') THEN provider END))
FROM settled
JOIN (VALUES ('accepted', 'Message Sent', 'sent'), ('delivered', 'Message Sent', 'sent'),
             ('withheld', 'Message Withheld', 'withheld'), ('failed', 'Message Failed', 'failed')
     ) AS told (of_status, name, suffix) ON told.of_status = settled.status
