-- Purpose: `Shipment Updated` events into pg_temp.commerce_shipment_in, with the reason of those that are malformed.
-- Rows: up to CONSUMER_BATCH_ROWS. Index: customers_alias's primary key.
INSERT INTO pg_temp.commerce_shipment_in (shop_id, customer_id, node_id, xid, seq, at, message_id, historical, order_id,
    shipment_id, status, milestone, message, carrier, tracking_number, tracking_url, eta_date, items, reason)
SELECT b.shop_id, coalesce(a.canonical_id, b.customer_id), b.customer_id, b.xid, b.seq, b.occurred_at, b.message_id,
       b.historical, left(i.order_id, %(order_id_max)s), left(i.shipment_id, %(order_id_max)s), m.status, m.milestone,
       left(nullif(btrim(x.message), ''), %(text_max)s), left(nullif(btrim(x.carrier), ''), %(text_max)s),
       left(nullif(btrim(x.tracking_number), ''), %(order_id_max)s),
       CASE WHEN x.tracking_url ~* '^https?://' AND length(x.tracking_url) <= %(url_max)s THEN x.tracking_url END,
       -- The day as it is written, whatever the zone.
       vuelve_time(left(x.eta_date, 10))::date, p.items,
       CASE
           WHEN NOT g.readable THEN 'unreadable'
           WHEN i.order_id IS NULL THEN 'order_id_missing'
           WHEN length(i.order_id) > %(order_id_max)s THEN 'order_id_too_long'
           WHEN length(i.shipment_id) > %(order_id_max)s THEN 'shipment_id_too_long'
           WHEN m.milestone IS NULL THEN 'status_unknown'
           WHEN json_typeof(x.products) NOT IN ('array', 'null') THEN 'products_not_a_list'
           WHEN p.count > %(lines_max)s THEN 'too_many_lines'
       END
FROM pg_temp.event_batch b
CROSS JOIN LATERAL (SELECT commerce_is_readable(b.properties) AS readable OFFSET 0) g
CROSS JOIN LATERAL json_to_record(CASE WHEN g.readable THEN b.properties ELSE '{}' END) AS x (
    order_id json, shipment_id json, status text, message text, carrier text, tracking_number text, tracking_url text,
    eta_date text, products json)
CROSS JOIN LATERAL (
    SELECT CASE WHEN json_typeof(x.order_id) IN ('string', 'number')
                THEN nullif(btrim(x.order_id #>> '{}'), '') END AS order_id,
           CASE WHEN json_typeof(x.shipment_id) IN ('string', 'number')
                THEN btrim(x.shipment_id #>> '{}') ELSE '' END AS shipment_id
    OFFSET 0) i
CROSS JOIN LATERAL (
    SELECT count(*) AS count, json_agg(json_strip_nulls(json_build_object(
               'line_id', left(nullif(btrim(l.line_id), ''), %(order_id_max)s),
               'product_id', left(coalesce(nullif(btrim(l.product_id), ''), nullif(btrim(l.sku), '')), %(product_id_max)s),
               'quantity', least(coalesce(round(commerce_number(l.quantity)), 1), %(quantity_max)s)))) AS items
    FROM json_array_elements(CASE WHEN json_typeof(x.products) = 'array' THEN x.products ELSE '[]' END) AS e (product)
    CROSS JOIN LATERAL json_to_record(CASE WHEN json_typeof(e.product) = 'object' THEN e.product ELSE '{}' END)
        AS l (line_id text, product_id text, sku text, quantity text)
) p
-- `out_for_delivery`, `OutForDelivery` and `Out for delivery` are the same status.
LEFT JOIN unnest(%(words)s::text[], %(statuses)s::text[], %(milestones)s::smallint[]) AS m (word, status, milestone)
       ON m.word = regexp_replace(lower(left(x.status, 40)), '[^a-z]', '', 'g')
LEFT JOIN customers_alias a ON a.shop_id = b.shop_id AND a.customer_id = b.customer_id
WHERE b.kind = 1 AND b.name = 'Shipment Updated' AND b.customer_id IS NOT NULL
