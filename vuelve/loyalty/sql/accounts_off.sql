-- Purpose: accounts whose kept balances are not what their postings and lots add up to. Rows: none, else a bug.
-- Reads the whole ledger of a shop once.
WITH posted AS (
    SELECT customer_id, unit,
           sum(CASE WHEN to_account = 1 THEN points WHEN from_account = 1 THEN -points ELSE 0 END) AS balance,
           sum(CASE WHEN to_account = 2 THEN points WHEN from_account = 2 THEN -points ELSE 0 END) AS pending,
           sum(CASE WHEN from_account = 11 THEN points WHEN to_account = 11 THEN -points ELSE 0 END) AS issued,
           sum(CASE WHEN to_account = 12 THEN points WHEN from_account = 12 THEN -points ELSE 0 END) AS redeemed,
           sum(CASE WHEN to_account = 13 THEN points WHEN from_account = 13 THEN -points ELSE 0 END) AS expired,
           sum(CASE WHEN to_account = 14 THEN points WHEN from_account = 14 THEN -points ELSE 0 END) AS withdrawn,
           sum(CASE WHEN from_account = 15 THEN points WHEN to_account = 15 THEN -points ELSE 0 END) AS adjusted,
           sum(CASE WHEN from_account = 16 THEN points WHEN to_account = 16 THEN -points ELSE 0 END) AS moved
    FROM loyalty_posting WHERE shop_id = %(shop)s GROUP BY customer_id, unit
), lots AS (
    SELECT customer_id, unit, sum(remaining) FILTER (WHERE state = 1) AS open, sum(remaining) FILTER (WHERE state = 0) AS pending
    FROM loyalty_lot WHERE shop_id = %(shop)s GROUP BY customer_id, unit
)
SELECT customer_id, unit, coalesce(a.balance, 0) AS kept, coalesce(p.balance, 0) AS posted, coalesce(l.open, 0) AS in_lots
FROM (SELECT * FROM loyalty_account WHERE shop_id = %(shop)s) a
FULL JOIN posted p USING (customer_id, unit)
FULL JOIN lots l USING (customer_id, unit)
WHERE (coalesce(a.balance, 0), coalesce(a.pending, 0), coalesce(a.issued, 0), coalesce(a.redeemed, 0), coalesce(a.expired, 0),
       coalesce(a.withdrawn, 0), coalesce(a.adjusted, 0), coalesce(a.moved, 0))
      IS DISTINCT FROM
      (coalesce(p.balance, 0), coalesce(p.pending, 0), coalesce(p.issued, 0), coalesce(p.redeemed, 0), coalesce(p.expired, 0),
       coalesce(p.withdrawn, 0), coalesce(p.adjusted, 0), coalesce(p.moved, 0))
   OR greatest(coalesce(a.balance, 0), 0) <> coalesce(l.open, 0)
   OR coalesce(a.pending, 0) <> coalesce(l.pending, 0)
LIMIT %(rows)s
