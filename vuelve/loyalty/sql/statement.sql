-- Purpose: a customer's transfers, newest first, after a place. Rows: a page. Index: loyalty_posting's primary key, backwards.
-- A transfer of several lots is one line; `points` is what it changed in what the customer has, pending points included.
SELECT p.seq, p.customer_id, p.kind, p.at, p.points, p.pending, p.balance_after, t.shortfall, t.order_id, t.reference, t.note,
       t.actor, t.key, t.reverses, l.expires_at, l.eligible_minor, l.currency, l.rate_points, l.rate_minor, l.state AS lot_state,
       EXISTS (SELECT FROM loyalty_transfer r WHERE r.shop_id = t.shop_id AND r.reverses = t.seq) AS is_returned
FROM (
    SELECT seq, customer_id, kind, key, max(at) AS at,
           sum(CASE WHEN to_account = 1 THEN points WHEN from_account = 1 THEN -points ELSE 0 END)::bigint AS points,
           sum(CASE WHEN to_account = 2 THEN points WHEN from_account = 2 THEN -points ELSE 0 END)::bigint AS pending,
           (array_agg(balance_after ORDER BY line DESC))[1] AS balance_after
    FROM loyalty_posting
    WHERE shop_id = %(shop)s AND customer_id = ANY (%(customers)s) AND seq < %(before)s
    GROUP BY seq, customer_id, kind, key
    ORDER BY seq DESC
    LIMIT %(rows)s
) p
JOIN loyalty_transfer t ON t.shop_id = %(shop)s AND t.key = p.key
LEFT JOIN loyalty_lot l ON l.shop_id = t.shop_id AND l.id = t.seq
ORDER BY p.seq DESC
