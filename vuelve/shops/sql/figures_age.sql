-- Purpose: when the recent days and the older ones were counted last; null: never. Rows: one. Index: shops_figure_once.
SELECT min(kept_at) FILTER (WHERE day >= %(recent)s AND day < %(today)s), min(kept_at) FILTER (WHERE day < %(recent)s)
FROM shops_figure
WHERE shop_id = %(shop)s AND name = %(name)s AND zone = %(zone)s AND currency = %(currency)s
