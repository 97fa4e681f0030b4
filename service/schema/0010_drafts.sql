-- What somebody typed on a form and did not send, sealed under a key of its own, so that a closed browser loses nothing.

CREATE TABLE drafts (
    id       text        PRIMARY KEY,
    staff    text        NOT NULL,
    form     text        NOT NULL,
    number   text        NOT NULL DEFAULT '',  -- of the file that the form is about; '': of none yet
    stream   uuid,                             -- that file's, NULL: of none yet
    saved_at timestamptz NOT NULL,
    key_id   uuid        NOT NULL,
    wrapped  bytea       NOT NULL,             -- the key under the master key
    sealed   jsonb       NOT NULL
);

CREATE INDEX drafts_of ON drafts (staff, form, number, saved_at DESC);
CREATE INDEX drafts_stream ON drafts (stream);
CREATE INDEX drafts_saved ON drafts (saved_at);

COMMENT ON TABLE drafts IS 'Only who typed it reads it. Sending the form, two weeks, or an erasure on the file ends it.';

CREATE FUNCTION drafts_go_with_keys() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN DELETE FROM drafts WHERE stream = OLD.stream; RETURN NULL; END $$;

-- Whoever is erased from a file may stand in what somebody was writing about it.
CREATE TRIGGER drafts_go_with_keys AFTER DELETE ON vault_keys FOR EACH ROW EXECUTE FUNCTION drafts_go_with_keys();
