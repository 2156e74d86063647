-- When it was decided about a message: for what a day came to.
CREATE INDEX channels_message_decided ON channels_message
    (shop_id, (CASE WHEN status = 'withheld' THEN finished_at ELSE sent_at END))
    WHERE status IN ('accepted', 'delivered', 'read', 'clicked', 'replied', 'bounced', 'withheld');
