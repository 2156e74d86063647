-- Purpose: the runs of one customer, newest first, for the customer's page.
-- Rows: at most %(rows)s. Index: journeys_run's primary key (shop, customer).
SELECT r.id, j.key, j.name, r.status, r.step_key, r.entered_at, r.ended_at, r.wake_at, r.end_reason, v.number
FROM journeys_run r JOIN journeys_journey j ON j.id = r.journey_id JOIN journeys_version v ON v.id = r.version_id
WHERE r.shop_id = %(shop)s AND r.customer_id = ANY (%(ids)s)
ORDER BY r.entered_at DESC, r.id DESC LIMIT %(rows)s
