-- Orders are looked up by the number that people read, too.
CREATE INDEX commerce_order_number ON commerce_order (shop_id, order_number) WHERE order_number IS NOT NULL;
CREATE INDEX commerce_cart_time ON commerce_cart (shop_id, last_at);
