-- Purpose: live journeys with runs that failed lately. Rows: a few. Index: journeys_run_failed.
SELECT j.key, j.name, min(r.ended_at), count(*)
FROM journeys_run r
JOIN journeys_journey j ON j.id = r.journey_id
WHERE r.shop_id = %(shop)s AND r.status = 4 AND r.ended_at >= %(since)s AND j.status = 'live'
GROUP BY j.key, j.name
ORDER BY 4 DESC
LIMIT 5
