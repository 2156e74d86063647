-- Purpose: the kept numbers of some days. Rows: up to two years of days. Index: shops_figure_once.
SELECT day, numbers FROM shops_figure
WHERE shop_id = %(shop)s AND name = %(name)s AND zone = %(zone)s AND currency = %(currency)s AND day BETWEEN %(first)s AND %(last)s
