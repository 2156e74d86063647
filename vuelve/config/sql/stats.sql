-- Purpose: exact counts of a shop. Rows: 1. Reads: full index or partition scans; asked by scripts, not by pages.
SELECT
    (SELECT count(*) FROM customers_customer c WHERE shop_id = %(shop)s
        AND NOT EXISTS (SELECT FROM customers_alias a WHERE a.shop_id = c.shop_id AND a.customer_id = c.id)),
    (SELECT count(*) FROM commerce_order WHERE shop_id = %(shop)s),
    (SELECT count(*) FROM events_event WHERE shop_id = %(shop)s AND origin = 0),
    (SELECT count(*) FROM journeys_run WHERE shop_id = %(shop)s),
    (SELECT count(*) FROM channels_message WHERE shop_id = %(shop)s)
