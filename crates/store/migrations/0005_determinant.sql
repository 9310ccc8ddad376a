-- Billing determinants: definitions of rates, for whom they hold, requests and what was told of them.

-- A definition as it was checked; a version is never changed.
CREATE TABLE rate (
    name    TEXT COLLATE "binary" NOT NULL,
    version BIGINT NOT NULL,
    body    TEXT NOT NULL,
    put_at  BIGINT NOT NULL,
    PRIMARY KEY (name, version)
);

-- Whose rate it is over [valid_from, valid_to): of a tariff's usage points, or of one; an open end is the largest BIGINT.
CREATE TABLE rate_link (
    class      TEXT COLLATE "binary" NOT NULL,
    subject    TEXT COLLATE "binary" NOT NULL,
    rate       TEXT COLLATE "binary" NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_to   BIGINT NOT NULL,
    PRIMARY KEY (class, subject, valid_from),
    CHECK (valid_from < valid_to)
);

-- BillingDeterminantRequest; it ends once. `items` say why there are no values, or why newer ones are held.
CREATE TABLE determinant_request (
    id           TEXT COLLATE "binary" PRIMARY KEY,
    usage_point  TEXT NOT NULL REFERENCES object (id),
    account      TEXT,
    period_start BIGINT NOT NULL,
    period_end   BIGINT NOT NULL,
    rate         TEXT COLLATE "binary" NOT NULL,
    rate_version BIGINT NOT NULL,
    cut_off      BIGINT NOT NULL,
    requested_at BIGINT NOT NULL,
    state        TEXT NOT NULL,
    settled_at   BIGINT,
    items        TEXT,
    CHECK (period_start < period_end)
);
CREATE INDEX determinant_request_by_usage_point ON determinant_request (usage_point);
CREATE INDEX determinant_request_by_account ON determinant_request (account);
CREATE INDEX determinant_request_by_state ON determinant_request (state, cut_off);

-- The channels whose values an answer rests on.
CREATE TABLE determinant_channel (
    channel BIGINT NOT NULL,
    request TEXT COLLATE "binary" NOT NULL REFERENCES determinant_request (id),
    PRIMARY KEY (channel, request)
);

-- What was told of a request, one row each time; 1 is Created, later ones are Changed. Rows never change.
CREATE TABLE determinant_issue (
    request       TEXT COLLATE "binary" NOT NULL REFERENCES determinant_request (id),
    number        BIGINT NOT NULL,
    issued_at     BIGINT NOT NULL,
    plan_versions TEXT NOT NULL,
    determinants  TEXT NOT NULL,
    changes       TEXT NOT NULL,
    PRIMARY KEY (request, number)
);
