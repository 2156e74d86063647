-- Purpose: `Order Refunded` events into pg_temp.commerce_refund_in, with the reason of those that are malformed.
-- Rows: up to CONSUMER_BATCH_ROWS. Index: customers_alias's primary key.
-- Amounts stay in major units: the currency may be that of an order which is not known yet.
INSERT INTO pg_temp.commerce_refund_in (shop_id, customer_id, node_id, seq, at, message_id, order_id, refund_id, currency,
    requested, lines, reason)
SELECT b.shop_id, coalesce(a.canonical_id, b.customer_id), b.customer_id, b.seq, b.occurred_at, b.message_id,
       left(i.order_id, %(order_id_max)s), coalesce(i.refund_id, 'event:' || b.message_id), c.code, n.total, p.lines,
       CASE
           WHEN NOT g.readable THEN 'unreadable'
           WHEN i.order_id IS NULL THEN 'order_id_missing'
           WHEN length(i.order_id) > %(order_id_max)s THEN 'order_id_too_long'
           WHEN length(i.refund_id) > %(order_id_max)s THEN 'refund_id_too_long'
           WHEN btrim(x.currency) <> '' AND c.code IS NULL THEN 'currency_unknown'
           WHEN json_typeof(x.products) NOT IN ('array', 'null') THEN 'products_not_a_list'
           WHEN p.count > %(lines_max)s THEN 'too_many_lines'
           WHEN i.total <> '' AND n.total IS NULL THEN 'amount_not_a_number'
           WHEN n.total < 0 THEN 'amount_negative'
           WHEN n.total > %(amount_max)s THEN 'amount_too_large'
           ELSE p.reason
       END
FROM pg_temp.event_batch b
CROSS JOIN LATERAL (SELECT commerce_is_readable(b.properties) AS readable OFFSET 0) g
CROSS JOIN LATERAL json_to_record(CASE WHEN g.readable THEN b.properties ELSE '{}' END) AS x (
    order_id json, refund_id json, total text, amount text, currency text, products json)
CROSS JOIN LATERAL (
    SELECT CASE WHEN json_typeof(x.order_id) IN ('string', 'number')
                THEN nullif(btrim(x.order_id #>> '{}'), '') END AS order_id,
           CASE WHEN json_typeof(x.refund_id) IN ('string', 'number')
                THEN nullif(btrim(x.refund_id #>> '{}'), '') END AS refund_id,
           coalesce(nullif(x.total, ''), x.amount) AS total
    OFFSET 0) i
CROSS JOIN LATERAL (SELECT commerce_number(i.total) AS total OFFSET 0) n
CROSS JOIN LATERAL (
    -- No line at all is the same as none named: the whole order.
    SELECT count(*) AS count, (array_agg(reason ORDER BY number) FILTER (WHERE reason IS NOT NULL))[1] AS reason,
           json_agg(json_build_object('line_id', line_id, 'product_id', product_id, 'quantity', quantity_n, 'amount', amount_n)
                    ORDER BY number) AS lines
    FROM (
        SELECT e.number, r.line_id, r.product_id, r.quantity_n, r.amount_n,
               CASE
                   WHEN json_typeof(e.product) <> 'object' THEN 'product_not_an_object'
                   WHEN r.line_id IS NULL AND r.product_id IS NULL THEN 'product_id_missing'
                   WHEN greatest(length(r.line_id), length(r.product_id)) > %(product_id_max)s THEN 'product_id_too_long'
                   WHEN (r.quantity <> '' AND r.quantity_n IS NULL) OR (r.amount <> '' AND r.amount_n IS NULL)
                   THEN 'amount_not_a_number'
                   WHEN least(r.quantity_n, r.amount_n) < 0 THEN 'amount_negative'
                   WHEN r.quantity_n > %(quantity_max)s OR r.amount_n > %(amount_max)s THEN 'amount_too_large'
               END AS reason
        FROM json_array_elements(CASE WHEN json_typeof(x.products) = 'array' THEN x.products ELSE '[]' END)
             WITH ORDINALITY AS e (product, number)
        CROSS JOIN LATERAL (
            SELECT nullif(btrim(l.line_id), '') AS line_id,
                   coalesce(nullif(btrim(l.product_id), ''), nullif(btrim(l.sku), '')) AS product_id,
                   l.quantity, l.amount, commerce_number(l.quantity) AS quantity_n, commerce_number(l.amount) AS amount_n
            FROM json_to_record(CASE WHEN json_typeof(e.product) = 'object' THEN e.product ELSE '{}' END)
                 AS l (line_id text, product_id text, sku text, quantity text, amount text)
        ) r
    ) AS each
) p
LEFT JOIN commerce_currency c ON c.code = upper(btrim(x.currency))
LEFT JOIN customers_alias a ON a.shop_id = b.shop_id AND a.customer_id = b.customer_id
WHERE b.kind = 1 AND b.name = 'Order Refunded' AND b.customer_id IS NOT NULL
