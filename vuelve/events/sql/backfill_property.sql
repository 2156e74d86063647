-- Purpose: typed copies of one newly promoted property, of the events that are already stamped.
-- Rows: all events of that name in the shop, once per promotion. Index: none by name: a scan of the shop's log.
INSERT INTO events_property (shop_id, customer_id, seq, name, text_value, number_value, boolean_value, time_value)
SELECT e.shop_id, e.customer_id, e.seq, %(property)s, v.*
FROM events_event e
CROSS JOIN LATERAL (SELECT vuelve_property(e.properties, %(property)s) AS raw) r
CROSS JOIN LATERAL (
    SELECT left(r.raw, %(text_max)s),
           CASE WHEN %(type)s IN ('number', 'money') AND r.raw ~ '^-?[0-9]{1,15}(\.[0-9]{1,12})?$' THEN r.raw::numeric(24, 6) END,
           CASE WHEN %(type)s = 'boolean' AND r.raw IN ('true', 'false') THEN r.raw::boolean END,
           CASE WHEN %(type)s = 'time' THEN vuelve_time(r.raw) END
) v
WHERE e.shop_id = %(shop)s AND e.name = %(event)s AND e.customer_id IS NOT NULL AND r.raw IS NOT NULL
ON CONFLICT DO NOTHING
