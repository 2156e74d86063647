-- Purpose: `Shipment Updated` events into pg_temp.commerce_shipment_in, with the reason of those that are malformed.
-- Rows: up to CONSUMER_BATCH_ROWS. Index: primary keys of commerce_order_key and customers_alias.
-- A shipment belongs to the customer of its order where that is known: carriers know orders, not customers.
INSERT INTO pg_temp.commerce_shipment_in (shop_id, customer_id, xid, seq, occurred_at, historical, order_id, shipment_id,
    milestone, carrier, tracking_url, eta_date, reason)
SELECT b.shop_id, coalesce(a.canonical_id, o.customer_id), b.xid, b.seq, b.occurred_at, b.historical,
       left(i.order_id, %(order_id_max)s), left(i.shipment_id, %(order_id_max)s), m.milestone,
       left(nullif(btrim(x.carrier), ''), %(text_max)s),
       CASE WHEN x.tracking_url ~* '^https?://' AND length(x.tracking_url) <= %(url_max)s THEN x.tracking_url END,
       -- The day as it is written, whatever the zone.
       vuelve_time(left(x.eta_date, 10))::date,
       CASE
           WHEN NOT g.readable THEN 'unreadable'
           WHEN i.order_id IS NULL THEN 'order_id_missing'
           WHEN length(i.order_id) > %(order_id_max)s THEN 'order_id_too_long'
           WHEN length(i.shipment_id) > %(order_id_max)s THEN 'shipment_id_too_long'
           WHEN m.milestone IS NULL THEN 'status_unknown'
       END
FROM pg_temp.event_batch b
CROSS JOIN LATERAL (SELECT commerce_is_readable(b.properties) AS readable OFFSET 0) g
CROSS JOIN LATERAL json_to_record(CASE WHEN g.readable THEN b.properties ELSE '{}' END) AS x (
    order_id json, shipment_id json, status text, carrier text, tracking_url text, eta_date text)
CROSS JOIN LATERAL (
    SELECT CASE WHEN json_typeof(x.order_id) IN ('string', 'number')
                THEN nullif(btrim(x.order_id #>> '{}'), '') END AS order_id,
           CASE WHEN json_typeof(x.shipment_id) IN ('string', 'number')
                THEN btrim(x.shipment_id #>> '{}') ELSE '' END AS shipment_id
    OFFSET 0) i
-- `out_for_delivery`, `OutForDelivery` and `Out for delivery` are the same status.
LEFT JOIN unnest(%(statuses)s::text[], %(milestones)s::smallint[]) AS m (status, milestone)
       ON m.status = regexp_replace(lower(left(x.status, 40)), '[^a-z]', '', 'g')
LEFT JOIN commerce_order_key k ON k.shop_id = b.shop_id AND k.order_id = i.order_id
CROSS JOIN LATERAL (SELECT coalesce(k.customer_id, b.customer_id) AS customer_id) o
LEFT JOIN customers_alias a ON a.shop_id = b.shop_id AND a.customer_id = o.customer_id
WHERE b.kind = 1 AND b.name = 'Shipment Updated' AND b.customer_id IS NOT NULL
