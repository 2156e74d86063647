-- Purpose: refused events of a shop counted by code and day. Rows: codes (a few) x REJECT_DAYS, out of REJECTS_PER_SHOP_MAX.
-- Index: events_rejected's primary key.
SELECT code, count(*) AS events, max(received_at) AS last_at,
       array_agg(least(greatest(floor(extract(epoch FROM received_at - %(since)s) / 86400)::integer, 0), %(days)s - 1)) AS days
FROM events_rejected
WHERE shop_id = %(shop)s AND received_at >= %(since)s
GROUP BY code
ORDER BY count(*) DESC, code
