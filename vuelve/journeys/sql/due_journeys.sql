-- Purpose: the journeys with work for the engine: runs that are due, or runs that an archived journey left standing.
-- Rows: few. Index: journeys_run_due, one descent a journey, so runs of a paused one cost nothing. min() and not
-- EXISTS: for EXISTS the planner may read the whole table, and did, where a journey has no run that is due.
SELECT j.shop_id, j.id, j.status = 'archived'
FROM journeys_journey j
CROSS JOIN LATERAL (
    SELECT min(r.wake_at) AS wake_at FROM journeys_run r
    WHERE r.shop_id = j.shop_id AND r.journey_id = j.id AND r.status = 0
) next
WHERE j.shop_id = ANY (%(shops)s) AND j.status IN ('live', 'archived')
  AND (next.wake_at <= %(now)s OR (j.status = 'archived' AND next.wake_at IS NOT NULL))
ORDER BY j.id
