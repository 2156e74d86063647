-- Who is in a segment now. Written by `services/membership.py` alone, each change with its event in one transaction.
CREATE TABLE segments_member (
    shop_id     bigint      NOT NULL,
    customer_id bigint      NOT NULL,
    segment_id  bigint      NOT NULL,
    entered_at  timestamptz NOT NULL,
    PRIMARY KEY (shop_id, customer_id, segment_id)
);
CREATE INDEX segments_member_of ON segments_member (shop_id, segment_id, customer_id);
-- rls: segments_member

-- How large a segment was at the end of a day of the shop's zone; today's row moves with it.
CREATE TABLE segments_size (
    shop_id    bigint NOT NULL,
    segment_id bigint NOT NULL,
    day        date   NOT NULL,
    size       bigint NOT NULL CHECK (size >= 0),
    PRIMARY KEY (shop_id, segment_id, day)
);
-- rls: segments_size

