-- What the store keeps besides its events: keys of personal data, and the counters of the number series.

CREATE TABLE vault_keys (
    key_id  uuid  PRIMARY KEY,
    stream  uuid  NOT NULL,
    owner   text  NOT NULL,  -- 'file', or a petitioner's id
    wrapped bytea NOT NULL,  -- the key under the master key, which is never in this database
    UNIQUE (stream, owner)
);

COMMENT ON TABLE vault_keys IS 'Deleting a row erases everything that was sealed under its key.';

CREATE TABLE number_series (
    office text    NOT NULL,
    year   integer NOT NULL,
    next   integer NOT NULL CHECK (next > 0),
    PRIMARY KEY (office, year)
);

COMMENT ON TABLE number_series IS 'Changed only inside an append, which holds the log''s lock: a crash gives the number back.';
