-- Purpose: messages sent in some stretches of time, in their order, and whether the shop had begun to send before each.
-- Rows: five. Index: channels_message_decided, whose expression this repeats word for word.
SELECT each.place, count(m.id), each.starts >= date_trunc('day', first.sent_at, %(zone)s)
FROM unnest(%(starts)s::timestamptz[], %(ends)s::timestamptz[]) WITH ORDINALITY AS each (starts, ends, place)
LEFT JOIN (
    SELECT CASE WHEN status = 'withheld' THEN finished_at ELSE sent_at END AS sent_at FROM channels_message
    WHERE shop_id = %(shop)s AND status IN ('accepted', 'delivered', 'read', 'clicked', 'replied', 'bounced', 'withheld')
    ORDER BY 1 LIMIT 1
) AS first ON true
LEFT JOIN channels_message m
  ON m.shop_id = %(shop)s AND m.status IN ('accepted', 'delivered', 'read', 'clicked', 'replied', 'bounced', 'withheld')
 AND m.status <> 'withheld'
 AND CASE WHEN m.status = 'withheld' THEN m.finished_at ELSE m.sent_at END >= each.starts
 AND CASE WHEN m.status = 'withheld' THEN m.finished_at ELSE m.sent_at END < each.ends
GROUP BY each.place, each.starts, first.sent_at
ORDER BY each.place
