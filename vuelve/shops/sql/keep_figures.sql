-- Purpose: the numbers of days that are over. Rows: up to two years of days. Index: shops_figure_once.
INSERT INTO shops_figure (shop_id, name, zone, currency, day, numbers, kept_at)
SELECT %(shop)s, %(name)s, %(zone)s, %(currency)s, day, numbers::bigint[], %(now)s
FROM unnest(%(days)s::date[], %(numbers)s::text[]) AS counted (day, numbers)
ON CONFLICT (shop_id, name, zone, currency, day) DO UPDATE SET numbers = excluded.numbers, kept_at = excluded.kept_at
