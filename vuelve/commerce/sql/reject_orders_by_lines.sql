-- Purpose: an order with a malformed line is rejected whole, for the reason of its first such line.
-- Rows: few. No index: one scan of the batch's lines.
UPDATE pg_temp.commerce_order_in h SET reason = l.reason
FROM (
    SELECT DISTINCT ON (seq) seq, reason FROM pg_temp.commerce_line_in WHERE reason IS NOT NULL ORDER BY seq, line
) l
WHERE h.seq = l.seq
