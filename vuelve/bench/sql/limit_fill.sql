-- Purpose: bare runs, all due. Rows: as many as the real benchmark makes moves.
INSERT INTO bench_run (shop_id, customer_id, id, journey_id, version_id, entry_key, step_key, entered_step_at, wake_at,
                       event_xid, event_seq, entered_at)
SELECT 1, n, n, 1, 1, '', 'split', now(), now(), '1', n, now()
FROM generate_series(1, %(rows)s::bigint) AS n
