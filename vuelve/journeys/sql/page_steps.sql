-- Purpose: for the drawn graph: moves out of each step by outcome, over the life of one version.
-- Rows: steps x outcomes. Index: journeys_tally's primary key.
SELECT step_key, outcome, sum(moves)::bigint FROM journeys_tally
WHERE shop_id = %(shop)s AND version_id = %(version)s GROUP BY step_key, outcome
