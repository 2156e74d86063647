-- Purpose: the lines of the batch's orders that have refunds. Rows: few. Index: primary keys of commerce_refund and
-- commerce_item.
SELECT i.shop_id, i.order_id, i.line, i.line_id, i.product_id, i.quantity, i.amount_minor
FROM pg_temp.commerce_touch t
JOIN commerce_item i ON i.shop_id = t.shop_id AND i.customer_id = t.customer_id AND i.order_id = t.order_id
WHERE EXISTS (SELECT FROM commerce_refund r
              WHERE r.shop_id = t.shop_id AND r.customer_id = t.customer_id AND r.order_id = t.order_id)
ORDER BY i.shop_id, i.order_id, i.line
