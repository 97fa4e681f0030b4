-- Uploaded files, sealed. The key of one that was attached to a petition stands in that petition's event only, sealed
-- under the file's key; until then it waits here under the master key.

CREATE TABLE attachments (
    id          text        PRIMARY KEY,
    uploaded_at timestamptz NOT NULL,
    uploaded_by text        NOT NULL,
    media_type  text        NOT NULL,
    size        integer     NOT NULL,
    digest      text        NOT NULL,
    sealed      bytea       NOT NULL
);

CREATE TABLE attachment_keys (
    id      text  PRIMARY KEY REFERENCES attachments ON DELETE CASCADE,
    key_id  uuid  NOT NULL,
    wrapped bytea NOT NULL
);
