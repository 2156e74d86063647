-- Purpose: the lines of one order, with what the catalogue calls the products today. Rows: up to ORDER_LINES_MAX.
-- Index: primary keys of commerce_item and commerce_product.
SELECT i.line, i.product_id, coalesce(p.name, i.product_id) AS name, i.variant, p.sku, i.category, p.image_url, i.quantity,
       i.price_minor, i.amount_minor, i.refunded_quantity, i.refunded_minor
FROM commerce_item i
LEFT JOIN commerce_product p ON p.shop_id = i.shop_id AND p.product_id = i.product_id
WHERE i.shop_id = %(shop)s AND i.customer_id = %(customer)s AND i.order_id = %(order)s
ORDER BY i.line
