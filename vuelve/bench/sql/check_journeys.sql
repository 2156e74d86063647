-- Purpose: what a run of the journeys benchmark left, counted in the tables themselves. Rows: 1.
-- A message is right if it came by the step of its customer's plan: the order's number, odd for pro, is in the event.
SELECT (SELECT count(*) FROM journeys_run WHERE shop_id = %(shop)s),
       (SELECT count(DISTINCT customer_id) FROM journeys_run WHERE shop_id = %(shop)s AND status = 1),
       (SELECT count(*) FROM journeys_transition WHERE shop_id = %(shop)s),
       (SELECT count(*) FROM (
            SELECT DISTINCT run_id,
                   CASE WHEN step_key = '' THEN 'entry' WHEN step_key LIKE 'split%%' THEN 'split'
                        WHEN step_key LIKE 'send%%' THEN 'send' ELSE 'exit' END
            FROM journeys_transition WHERE shop_id = %(shop)s) once),
       (SELECT count(*) FROM channels_message WHERE shop_id = %(shop)s),
       (SELECT count(DISTINCT m.customer_id)
        FROM channels_message m
        JOIN events_event e ON e.shop_id = m.shop_id AND e.customer_id = m.customer_id AND e.seq = m.event_seq
        WHERE m.shop_id = %(shop)s AND m.step_key = 'send_' || (e.properties ->> 'plan'))
