-- Signing in to the pages: passwords and sessions, outside the events; and how often somebody may try something.

CREATE TABLE passwords (
    staff        text        PRIMARY KEY,
    hash         text        NOT NULL,  -- argon2id
    must_change  boolean     NOT NULL,  -- set by somebody else: the holder changes it at the next sign-in
    changed_at   timestamptz NOT NULL,
    failures     integer     NOT NULL DEFAULT 0,  -- since the last success
    locked_until timestamptz
);

CREATE TABLE sessions (
    hash       bytea       PRIMARY KEY,  -- SHA-256 of the cookie's secret, which is 256 random bits
    staff      text        NOT NULL,
    created_at timestamptz NOT NULL,
    seen_at    timestamptz NOT NULL,
    method     text        NOT NULL CHECK (method IN ('password', 'oidc'))
);

CREATE INDEX sessions_staff ON sessions (staff);

CREATE UNLOGGED TABLE rate_limits (
    what  text        NOT NULL,
    who   text        NOT NULL,  -- a keyed hash: no address and no account stands here
    until timestamptz NOT NULL,  -- when the allowance is whole again
    PRIMARY KEY (what, who)
);

CREATE INDEX rate_limits_until ON rate_limits (until);
