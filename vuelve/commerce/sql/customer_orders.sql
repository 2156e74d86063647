-- Purpose: the newest orders of one customer with how far their parcels are, for the customer's page.
-- Rows: at most %(rows)s. Index: commerce_order's, commerce_item's and commerce_shipment's primary keys.
SELECT o.order_id, o.order_number, o.ordered_at, o.total_minor, o.refunded_minor, o.currency, o.coupon_code, o.status,
       i.pieces, i.lines, names.items, s.milestone, s.parcels, s.problem
FROM commerce_order o
CROSS JOIN LATERAL (
    SELECT sum(quantity)::bigint AS pieces, count(*) AS lines FROM commerce_item
    WHERE shop_id = o.shop_id AND customer_id = o.customer_id AND order_id = o.order_id
) i
CROSS JOIN LATERAL (
    SELECT array_agg(coalesce(nullif(p.name, ''), named.product_id) ORDER BY named.line) AS items
    FROM (
        SELECT line, product_id FROM commerce_item
        WHERE shop_id = o.shop_id AND customer_id = o.customer_id AND order_id = o.order_id
        ORDER BY line LIMIT %(items)s
    ) AS named
    LEFT JOIN LATERAL (
        SELECT name FROM commerce_product WHERE shop_id = o.shop_id AND product_id = named.product_id LIMIT 1
    ) AS p ON true
) names
CROSS JOIN LATERAL (
    SELECT min(milestone) AS milestone, count(*) AS parcels, max(problem) AS problem FROM commerce_shipment
    WHERE shop_id = o.shop_id AND customer_id = o.customer_id AND order_id = o.order_id
) s
WHERE o.shop_id = %(shop)s AND o.customer_id = ANY (%(ids)s)
ORDER BY o.ordered_at DESC, o.order_id DESC
LIMIT %(rows)s
