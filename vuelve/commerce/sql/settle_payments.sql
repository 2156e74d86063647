-- Purpose: payments in the minor units of their order's currency; null where it is another one.
-- Rows: those of the batch's orders. Index: primary keys of commerce_order and commerce_payment.
UPDATE commerce_payment p
SET amount_minor = CASE WHEN coalesce(p.currency, o.currency) = o.currency
                        THEN coalesce(round(p.amount * 10 ^ c.digits), o.total_minor) END
FROM pg_temp.commerce_touch t
JOIN commerce_order o ON o.shop_id = t.shop_id AND o.customer_id = t.customer_id AND o.order_id = t.order_id
JOIN commerce_currency c ON c.code = o.currency
WHERE p.shop_id = t.shop_id AND p.customer_id = t.customer_id AND p.order_id = t.order_id
