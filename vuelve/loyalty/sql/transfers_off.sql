-- Purpose: transfers whose postings do not add up to what they say; a move is posted on both sides. Rows: none, else a bug.
-- Reads the whole ledger of a shop once.
SELECT t.key, t.points, coalesce(p.points, 0) AS posted
FROM loyalty_transfer t
LEFT JOIN (SELECT seq, sum(points) AS points FROM loyalty_posting WHERE shop_id = %(shop)s GROUP BY seq) p USING (seq)
WHERE t.shop_id = %(shop)s AND t.points * CASE WHEN t.kind = 8 THEN 2 ELSE 1 END <> coalesce(p.points, 0)
LIMIT %(rows)s
