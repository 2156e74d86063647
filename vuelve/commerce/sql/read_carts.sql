-- Purpose: events about carts and checkouts into pg_temp.commerce_cart_in, with the reason of those that are malformed.
-- Rows: a third of a batch. Index: customers_alias's primary key. Only what the row needs is taken out; the rest is read
-- from the log when somebody asks what is in the cart.
INSERT INTO pg_temp.commerce_cart_in (shop_id, customer_id, node_id, seq, at, message_id, historical, name, cart_id,
    is_activity, reason)
SELECT b.shop_id, coalesce(a.canonical_id, b.customer_id), b.customer_id, b.seq, b.occurred_at, b.message_id, b.historical,
       b.name, left(coalesce(i.cart_id, ''), %(order_id_max)s), x.order_id IS NULL AND x.is_completed IS DISTINCT FROM 'true',
       CASE
           WHEN NOT g.readable THEN 'unreadable'
           WHEN length(i.cart_id) > %(order_id_max)s THEN 'cart_id_too_long'
           WHEN btrim(x.currency) <> '' AND c.code IS NULL THEN 'currency_unknown'
           WHEN x.value <> '' AND n.value IS NULL THEN 'amount_not_a_number'
           WHEN n.value < 0 THEN 'amount_negative'
           WHEN n.value > %(amount_max)s THEN 'amount_too_large'
           WHEN json_typeof(x.products) NOT IN ('array', 'null') THEN 'products_not_a_list'
           WHEN x.products IS NOT NULL AND json_typeof(x.products) = 'array'
                AND json_array_length(x.products) > %(lines_max)s THEN 'too_many_lines'
           WHEN b.name IN ('Product Added', 'Product Removed')
                AND coalesce(nullif(btrim(x.product_id), ''), nullif(btrim(x.sku), '')) IS NULL THEN 'product_id_missing'
           WHEN length(x.product_id) > %(product_id_max)s THEN 'product_id_too_long'
           WHEN x.quantity <> '' AND n.quantity IS NULL THEN 'amount_not_a_number'
           WHEN n.quantity < 0 THEN 'amount_negative'
           WHEN n.quantity > %(quantity_max)s THEN 'amount_too_large'
       END
FROM pg_temp.event_batch b
CROSS JOIN LATERAL (SELECT commerce_is_readable(b.properties) AS readable OFFSET 0) g
CROSS JOIN LATERAL json_to_record(CASE WHEN g.readable THEN b.properties ELSE '{}' END) AS x (
    cart_id text, checkout_id text, order_id text, is_completed text, currency text, value text, products json,
    product_id text, sku text, quantity text)
CROSS JOIN LATERAL (
    SELECT coalesce(nullif(btrim(x.cart_id), ''), nullif(btrim(x.checkout_id), '')) AS cart_id OFFSET 0) i
CROSS JOIN LATERAL (
    SELECT commerce_number(x.value) AS value, commerce_number(x.quantity) AS quantity OFFSET 0) n
LEFT JOIN commerce_currency c ON c.code = upper(btrim(x.currency))
LEFT JOIN customers_alias a ON a.shop_id = b.shop_id AND a.customer_id = b.customer_id
WHERE b.kind = 1 AND b.customer_id IS NOT NULL AND b.name = ANY (%(cart_names)s)
