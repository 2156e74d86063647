-- Purpose: subtotals and totals of the orders that do not state them: the sum of the lines, with shipping and tax.
-- Rows: few; stores state them. No index: one scan of the batch's lines.
UPDATE pg_temp.commerce_order_in h
SET subtotal_minor = f.subtotal, total_minor = coalesce(h.total_minor, f.subtotal + h.shipping_minor + h.tax_minor)
FROM (
    SELECT o.seq, coalesce(o.subtotal_minor, sum(l.amount_minor), 0)::bigint AS subtotal
    FROM pg_temp.commerce_order_in o
    LEFT JOIN pg_temp.commerce_line_in l USING (seq)
    WHERE o.reason IS NULL AND (o.subtotal_minor IS NULL OR o.total_minor IS NULL)
    GROUP BY o.seq, o.subtotal_minor
) f
WHERE h.seq = f.seq
