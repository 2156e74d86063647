-- Purpose: a message for each run of a group. Rows: up to RUN_BATCH_ROWS. Index: the unique key of channels_message,
-- which lets a run that comes here again (its worker died after this, before its commit was known) send nothing twice.
-- ORDER BY the key: two workers that repeat the same runs would otherwise deadlock.
INSERT INTO channels_message (shop_id, customer_id, idempotency_key, channel, purpose, template_version_id, journey_id,
                              journey_version_id, step_key, run_id, event_xid, event_seq, data, queued_at, due_at)
SELECT b.shop_id, b.customer_id, 'run:' || b.run_id || ':' || b.step_key || ':' || %(channel)s, %(channel)s, %(purpose)s,
       %(template_version)s, b.journey_id, b.version_id, b.step_key, b.run_id, b.event_xid, b.event_seq, b.data, %(now)s, %(now)s
FROM pg_temp.run_batch b
WHERE b.shop_id = %(shop)s AND b.version_id = %(version)s AND b.step_key = %(step)s
ORDER BY b.customer_id, b.run_id
ON CONFLICT (shop_id, customer_id, idempotency_key) DO NOTHING
