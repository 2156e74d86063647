-- Purpose: the heads of `Order Completed` and `Order Updated` events into pg_temp.commerce_order_in, with the reason of
-- those that are malformed. The very event that has the order already is left out.
-- Rows: up to CONSUMER_BATCH_ROWS. Index: primary keys of commerce_order_key and customers_alias.
-- Every cast is guarded: one bad event must not stop the others. json_to_record parses an event once; eleven times
-- `->>` would parse it eleven times. OFFSET 0 keeps the planner from copying an expression to each of its uses.
INSERT INTO pg_temp.commerce_order_in (shop_id, customer_id, node_id, xid, seq, at, message_id, claim_rank, rank, ordered_at,
    historical, order_id, order_number, source_name, currency, per_major, subtotal_minor, discount_minor, shipping_minor,
    tax_minor, total_minor, coupon_code, stated_method, cart_id, lines, has_payments, reason)
SELECT shop_id, customer_id, node_id, xid, seq, occurred_at, message_id, claim_rank,
       row_number() OVER (ORDER BY occurred_at, message_id, seq),
       -- Like the event's own time neither before 1970 nor past tomorrow: pages cannot show the year 10000, and no order
       -- may be the newest for good.
       CASE WHEN ordered_at BETWEEN 'epoch' AND received_at + interval '1 day' THEN ordered_at ELSE occurred_at END, historical,
       left(order_id, %(order_id_max)s), left(order_number, %(order_id_max)s), left(source_name, %(order_id_max)s), code,
       per_major,
       -- Less than nothing: shipping was paid by gift card.
       CASE WHEN reason IS NULL THEN round(coalesce(subtotal, revenue, CASE WHEN total IS NOT NULL
            THEN greatest(total - coalesce(shipping, 0) - coalesce(tax, 0), 0) END) * per_major) END,
       CASE WHEN reason IS NULL THEN round(coalesce(discount, 0) * per_major) END,
       CASE WHEN reason IS NULL THEN round(coalesce(shipping, 0) * per_major) END,
       CASE WHEN reason IS NULL THEN round(coalesce(tax, 0) * per_major) END,
       CASE WHEN reason IS NULL THEN round(total * per_major) END,
       left(coupon, %(order_id_max)s), left(method, %(order_id_max)s), left(cart_id, %(order_id_max)s), lines, has_payments, reason
FROM (
    SELECT b.shop_id, coalesce(a.canonical_id, b.customer_id) AS customer_id, b.customer_id AS node_id, b.xid, b.seq,
           b.occurred_at, b.received_at, b.message_id, CASE WHEN b.name = 'Order Completed' THEN 1 ELSE 2 END AS claim_rank, b.historical,
           i.order_id, nullif(btrim(x.order_number), '') AS order_number, nullif(btrim(x.source_name), '') AS source_name,
           -- The function has an exception block, which costs: most events do not say when they were placed.
           CASE WHEN x.ordered_at IS NOT NULL THEN vuelve_time(x.ordered_at) END AS ordered_at,
           c.code, c.per_major, n.*, nullif(btrim(x.coupon), '') AS coupon,
           lower(nullif(btrim(x.payment_method), '')) AS method,
           coalesce(nullif(btrim(x.cart_id), ''), nullif(btrim(x.checkout_id), '')) AS cart_id, p.lines,
           coalesce(json_typeof(x.payments) = 'array', false) AS has_payments,
           CASE
               WHEN NOT g.readable THEN 'unreadable'
               WHEN i.order_id IS NULL THEN 'order_id_missing'
               WHEN length(i.order_id) > %(order_id_max)s THEN 'order_id_too_long'
               WHEN c.code IS NULL THEN 'currency_unknown'
               WHEN json_typeof(x.products) NOT IN ('array', 'null') THEN 'products_not_a_list'
               WHEN NOT p.all_objects THEN 'product_not_an_object'
               WHEN p.lines > %(lines_max)s THEN 'too_many_lines'
               WHEN json_typeof(x.payments) NOT IN ('array', 'null') THEN 'payments_not_a_list'
               WHEN (x.subtotal <> '' AND n.subtotal IS NULL) OR (x.revenue <> '' AND n.revenue IS NULL)
                 OR (x.total <> '' AND n.total IS NULL) OR (x.discount <> '' AND n.discount IS NULL)
                 OR (x.shipping <> '' AND n.shipping IS NULL) OR (x.tax <> '' AND n.tax IS NULL)
               THEN 'amount_not_a_number'
               WHEN least(n.subtotal, n.revenue, n.total, n.discount, n.shipping, n.tax) < 0 THEN 'amount_negative'
               WHEN greatest(n.subtotal, n.revenue, n.total, n.discount, n.shipping, n.tax) * c.per_major
                    > %(amount_max)s THEN 'amount_too_large'
           END AS reason
    FROM pg_temp.event_batch b
    CROSS JOIN LATERAL (SELECT commerce_is_readable(b.properties) AS readable OFFSET 0) g
    CROSS JOIN LATERAL json_to_record(CASE WHEN g.readable THEN b.properties ELSE '{}' END) AS x (
        order_id json, order_number text, source_name text, ordered_at text, currency text, subtotal text, revenue text,
        total text, discount text, shipping text, tax text, coupon text, payment_method text, cart_id text,
        checkout_id text, products json, payments json)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN json_typeof(x.order_id) IN ('string', 'number')
                    THEN nullif(btrim(x.order_id #>> '{}'), '') END AS order_id
        OFFSET 0) i
    CROSS JOIN LATERAL (
        SELECT count(*) AS lines, coalesce(bool_and(json_typeof(product) = 'object'), true) AS all_objects
        FROM json_array_elements(CASE WHEN json_typeof(x.products) = 'array' THEN x.products ELSE '[]' END) AS product) p
    CROSS JOIN LATERAL (
        SELECT commerce_number(x.subtotal) AS subtotal, commerce_number(x.revenue) AS revenue,
               commerce_number(x.total) AS total, commerce_number(x.discount) AS discount,
               commerce_number(x.shipping) AS shipping, commerce_number(x.tax) AS tax
        OFFSET 0) n
    JOIN shops_shop s ON s.id = b.shop_id
    LEFT JOIN (SELECT code, (10 ^ digits)::integer AS per_major FROM commerce_currency) c
           ON c.code = coalesce(upper(nullif(btrim(x.currency), '')), s.currency)
    LEFT JOIN customers_alias a ON a.shop_id = b.shop_id AND a.customer_id = b.customer_id
    WHERE b.kind = 1 AND b.name IN ('Order Completed', 'Order Updated') AND b.customer_id IS NOT NULL
      AND (%(seqs)s::bigint[] IS NULL OR b.seq = ANY (%(seqs)s))
      AND NOT EXISTS (SELECT FROM commerce_order_key k WHERE k.shop_id = b.shop_id AND k.order_id = i.order_id
                      AND k.claimed_by = b.message_id AND k.claim_rank = 1 AND b.name = 'Order Completed')
    OFFSET 0
) AS heads
