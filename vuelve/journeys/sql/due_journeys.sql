-- Purpose: the journeys with work for the engine: runs that are due, or runs that an archived journey left standing.
-- Rows: few. Index: journeys_run_due, one descent a journey, so runs of a paused one cost nothing.
SELECT j.shop_id, j.id, j.status = 'archived'
FROM journeys_journey j
WHERE j.shop_id = ANY (%(shops)s) AND j.status IN ('live', 'archived')
  AND EXISTS (
      SELECT FROM journeys_run r
      WHERE r.shop_id = j.shop_id AND r.journey_id = j.id AND r.status = 0
        AND (r.wake_at <= %(now)s OR j.status = 'archived'))
ORDER BY j.id
