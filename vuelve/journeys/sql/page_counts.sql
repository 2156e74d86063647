-- Purpose: for the list of journeys: customers inside now, runs entered, messages queued, by journey.
-- Rows: one a journey. Index: journeys_run_standing; journeys_tally's primary key (some rows a step, never the log).
SELECT j.id,
       (SELECT count(*) FROM journeys_run r WHERE r.shop_id = %(shop)s AND r.journey_id = j.id AND r.status = 0) AS inside,
       coalesce((SELECT sum(t.moves) FROM journeys_tally t JOIN journeys_version v ON v.id = t.version_id
                 WHERE t.shop_id = %(shop)s AND v.journey_id = j.id AND t.outcome = 'entered'), 0)::bigint AS entered,
       coalesce((SELECT sum(t.moves) FROM journeys_tally t JOIN journeys_version v ON v.id = t.version_id
                 WHERE t.shop_id = %(shop)s AND v.journey_id = j.id AND t.outcome = 'sent'), 0)::bigint AS sent
FROM journeys_journey j WHERE j.shop_id = %(shop)s
