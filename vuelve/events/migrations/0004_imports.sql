-- Imports of files: what is being read, how far it has come, and what became of it. Few rows.
CREATE TABLE events_import (
    shop_id       bigint      NOT NULL,
    id            bigint      GENERATED ALWAYS AS IDENTITY,
    kind          text        NOT NULL CHECK (kind IN ('', 'orders', 'customers', 'products', 'consents')),
    status        text        NOT NULL CHECK (status IN ('draft', 'checking', 'checked', 'running', 'done', 'failed')),
    is_upload     boolean     NOT NULL,
    file_name     text        NOT NULL,
    path          text        NOT NULL,
    size_bytes    bigint      NOT NULL CHECK (size_bytes > 0),
    sha256        text        NOT NULL,
    map           json        NOT NULL,
    created_at    timestamptz NOT NULL,   -- of rows that state no time
    created_by    text        NOT NULL,
    finished_at   timestamptz,
    -- The position: moved in the transaction of the rows before it. 0: nothing was read yet.
    offset_bytes  bigint      NOT NULL DEFAULT 0,
    line          bigint      NOT NULL DEFAULT 1,
    rejects_bytes bigint      NOT NULL DEFAULT 0,
    counts        json        NOT NULL DEFAULT '{}',
    checked       json,                   -- what a dry run counted
    error         json,
    is_file_kept  boolean     NOT NULL DEFAULT true,
    PRIMARY KEY (shop_id, id)
);
-- rls: events_import

-- The orders that an import has met: rows of one order that lie apart would otherwise be lost as repeats of it.
-- Emptied when the import is done.
CREATE TABLE events_import_key (
    shop_id   bigint NOT NULL,
    import_id bigint NOT NULL,
    key       uuid   NOT NULL,
    PRIMARY KEY (shop_id, import_id, key)
);
-- rls: events_import_key
