-- Purpose: the first lines of orders, with what the catalogue calls the products today.
-- Rows: up to %(lines_max)s an order. Index: primary keys of commerce_item and commerce_product.
SELECT i.order_id, i.product_id, p.name, i.category, p.brand, p.image_url, p.url, i.quantity, i.price_minor, i.amount_minor,
       i.variant, i.refunded_quantity, i.refunded_minor
FROM unnest(%(customers)s::bigint[], %(orders)s::text[]) AS w (customer_id, order_id)
CROSS JOIN LATERAL (
    SELECT * FROM commerce_item
    WHERE shop_id = %(shop)s AND customer_id = w.customer_id AND order_id = w.order_id
    ORDER BY line
    LIMIT %(lines_max)s
) i
LEFT JOIN commerce_product p ON p.shop_id = i.shop_id AND p.product_id = i.product_id
ORDER BY i.order_id, i.line
