-- Purpose: for the drawn graph: how many stand at each step of a version now.
-- Rows: one a step. Index: journeys_run_standing.
SELECT step_key, count(*) FROM journeys_run
WHERE shop_id = %(shop)s AND journey_id = %(journey)s AND version_id = %(version)s AND status = 0 GROUP BY step_key
