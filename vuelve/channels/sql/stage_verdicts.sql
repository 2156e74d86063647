-- Purpose: the gates' verdicts as outcomes: withheld for good, or queued until later. Rows: a batch.
INSERT INTO pg_temp.message_outcome (shop_id, customer_id, id, owner_id, was_claimed_at, status, reason, due_at, address, finished_at)
SELECT shop_id, customer_id, id, owner_id, claimed_at, CASE verdict WHEN 'withheld' THEN 'withheld' ELSE 'queued' END, reason,
       until, address, CASE verdict WHEN 'withheld' THEN %(now)s::timestamptz END
FROM pg_temp.gate_batch
WHERE verdict IS NOT NULL
