-- Whose a store's orders are: what comes with an order's id alone (a refund, a parcel's way) is given its owner by it.
ALTER TABLE events_store_object
    ADD COLUMN user_id    text COLLATE "C",
    ADD COLUMN email      text COLLATE "C",
    ADD COLUMN phone      text COLLATE "C",
    ADD COLUMN is_awaited boolean NOT NULL DEFAULT false;  -- something was told of it before it was itself
