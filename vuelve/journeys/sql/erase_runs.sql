-- Purpose: end an erased person's runs, and leave of all of them only where they stood, under an id that is nobody's:
-- counts of journeys stay. Rows: tens; returns what was moved, for the tally. Index: journeys_run's primary key.
WITH mine AS (
    SELECT shop_id, customer_id, id, status AS status_before FROM journeys_run
    WHERE shop_id = %(shop)s AND customer_id = ANY (%(ids)s)
    ORDER BY customer_id, id
    FOR UPDATE
), ended AS (
    UPDATE journeys_run r
    SET customer_id = %(remains)s, node_id = %(remains)s, entry_key = 'erased:' || r.id, data = '{}', event_xid = NULL, event_seq = NULL,
        status = CASE WHEN r.status = 0 THEN 3 ELSE r.status END,
        wake_at = NULL,
        ended_at = coalesce(r.ended_at, %(now)s),
        end_reason = CASE WHEN r.status = 0 THEN 'erased' ELSE r.end_reason END
    FROM mine m
    WHERE r.shop_id = m.shop_id AND r.customer_id = m.customer_id AND r.id = m.id
    RETURNING r.shop_id, r.id, r.version_id, r.step_key, m.status_before
), noted AS (
    INSERT INTO journeys_transition (shop_id, customer_id, run_id, version_id, at, step_key, outcome)
    SELECT shop_id, %(remains)s, id, version_id, %(now)s, step_key, 'exited' FROM ended WHERE status_before = 0
)
SELECT version_id, step_key, count(*) FILTER (WHERE status_before = 0), count(*) FROM ended GROUP BY version_id, step_key
