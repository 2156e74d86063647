-- Purpose: the messages that may go now, in the order of snapshots.Claimed. Rows: a batch.
SELECT shop_id, customer_id, id, owner_id, idempotency_key, channel, purpose, template_version_id, event_xid,
       event_seq, data, attempts, address, locale, country, time_zone
FROM pg_temp.gate_batch
WHERE verdict IS NULL
ORDER BY shop_id, id
