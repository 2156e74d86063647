-- Purpose: leave of an erased person's messages that one was sent, by which template and what became of it: counts and
-- costs stay. What still waits is withheld. Rows: up to hundreds. Index: channels_message's primary key.
UPDATE channels_message
SET customer_id = %(remains)s, idempotency_key = 'erased:' || id, data = '{}', address = NULL, subject = NULL,
    provider_message_id = NULL, run_id = NULL, event_xid = NULL, event_seq = NULL, claimed_at = NULL,
    status = CASE WHEN status IN ('queued', 'sending') THEN 'withheld' ELSE status END,
    reason = CASE WHEN status IN ('queued', 'sending') THEN %(reason)s ELSE split_part(reason, ':', 1) END,
    finished_at = CASE WHEN status IN ('queued', 'sending') THEN %(now)s ELSE finished_at END
WHERE shop_id = %(shop)s AND customer_id = ANY (%(ids)s)
