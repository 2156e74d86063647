-- Purpose: withhold what would go to an address that must not be written to. Rows: a batch. Index: channels_suppression's
-- key. Who has unsubscribed still gets the news of an order; an address that bounced or complained gets nothing.
UPDATE pg_temp.gate_batch b SET verdict = 'withheld', reason = %(reason)s
FROM channels_suppression s
WHERE b.verdict IS NULL AND s.shop_id = b.shop_id AND s.channel = b.channel AND s.address = lower(b.address)
  AND (b.purpose <> 'transactional' OR s.reason <> 'unsubscribed')
