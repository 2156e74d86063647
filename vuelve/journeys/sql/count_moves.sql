-- Purpose: add the moves of a transaction to the tallies. Rows: a few. Index: journeys_tally's primary key.
-- Last in its transaction, and in the order of the key: two workers that share a slot would else wait long, or deadlock.
INSERT INTO journeys_tally (shop_id, version_id, step_key, outcome, slot, moves)
SELECT shop_id, version_id, step_key, outcome, pg_backend_pid() %% %(slots)s, moves
FROM unnest(%(shops)s::bigint[], %(versions)s::bigint[], %(steps)s::text[], %(outcomes)s::text[], %(moves)s::bigint[])
     AS counted (shop_id, version_id, step_key, outcome, moves)
ORDER BY shop_id, version_id, step_key, outcome
ON CONFLICT (shop_id, version_id, step_key, outcome, slot)
DO UPDATE SET moves = journeys_tally.moves + excluded.moves
