-- Purpose: take due runs of one journey into pg_temp.run_batch, passing over those that another worker holds.
-- Rows: up to RUN_BATCH_ROWS. Index: journeys_run_due.
INSERT INTO pg_temp.run_batch (shop_id, customer_id, run_id, journey_id, version_id, step_key, entered_step_at,
                               event_xid, event_seq, entry_key, entered_at, data, place)
SELECT shop_id, customer_id, id, journey_id, version_id, step_key, entered_step_at,
       event_xid, event_seq, entry_key, entered_at, data, ctid
FROM journeys_run
WHERE shop_id = %(shop)s AND journey_id = %(journey)s AND status = 0 AND wake_at <= %(now)s
ORDER BY wake_at
LIMIT %(rows)s
FOR UPDATE SKIP LOCKED
