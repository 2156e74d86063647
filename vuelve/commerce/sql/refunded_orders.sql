-- Purpose: the orders of a batch that have refunds, for `rules.refunds`. Rows: few. Index: primary keys of commerce_order,
-- commerce_refund.
SELECT o.shop_id, o.customer_id, o.order_id, o.currency, c.digits, o.total_minor
FROM pg_temp.commerce_touch t
JOIN commerce_order o ON o.shop_id = t.shop_id AND o.customer_id = t.customer_id AND o.order_id = t.order_id
JOIN commerce_currency c ON c.code = o.currency
WHERE EXISTS (SELECT FROM commerce_refund r
              WHERE r.shop_id = t.shop_id AND r.customer_id = t.customer_id AND r.order_id = t.order_id)
