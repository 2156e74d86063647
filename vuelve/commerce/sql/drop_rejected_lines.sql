-- Purpose: forget the lines of orders that are rejected. Rows: few. No index: one scan of the batch's lines.
DELETE FROM pg_temp.commerce_line_in l USING pg_temp.commerce_order_in h WHERE h.seq = l.seq AND h.reason IS NOT NULL
