-- Purpose: the exact figures of a finished demo. Rows: 1. Reads: full scans; asked once.
SELECT
    (SELECT count(*) FROM customers_customer c WHERE c.shop_id = %(shop)s
        AND NOT EXISTS (SELECT FROM customers_alias a WHERE a.shop_id = c.shop_id AND a.customer_id = c.id)) AS customers,
    (SELECT count(*) FROM commerce_order WHERE shop_id = %(shop)s) AS orders,
    (SELECT count(*) FROM commerce_item WHERE shop_id = %(shop)s) AS order_lines,
    (SELECT coalesce(sum(amount_minor), 0) FROM commerce_item WHERE shop_id = %(shop)s)::bigint AS amount_minor,
    (SELECT count(*) FROM events_event WHERE shop_id = %(shop)s AND origin = 0) AS events,
    (SELECT count(*) FROM journeys_run WHERE shop_id = %(shop)s) AS runs,
    (SELECT count(*) FROM channels_message WHERE shop_id = %(shop)s) AS messages,
    (SELECT coalesce(sum(points), 0) FROM loyalty_transfer WHERE shop_id = %(shop)s AND kind = 1)::bigint AS points
