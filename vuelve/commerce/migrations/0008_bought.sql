-- Lines of orders with the brand and the article number that the catalogue has for them now. Conditions and the lake read it.
-- security_invoker: row-level security holds for whoever reads the view.
CREATE VIEW commerce_bought WITH (security_invoker = true) AS
SELECT i.shop_id, i.customer_id, i.order_id, i.line, i.ordered_at, p.sku, p.brand COLLATE "C" AS brand, i.quantity,
       i.refunded_quantity
FROM commerce_item i
JOIN commerce_product p ON p.shop_id = i.shop_id AND p.product_id = i.product_id
WHERE p.sku IS NOT NULL OR p.brand IS NOT NULL;
