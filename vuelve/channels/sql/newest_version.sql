-- Purpose: the newest version of a template, its channel and purpose. Rows: 1 or none. Index: channels_template_once,
-- channels_templateversion_once.
SELECT v.id, t.channel, t.purpose
FROM channels_template t
JOIN channels_templateversion v ON v.shop_id = t.shop_id AND v.template_id = t.id
WHERE t.shop_id = %(shop)s AND t.key = %(key)s
ORDER BY v.number DESC
LIMIT 1
