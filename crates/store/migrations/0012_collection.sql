-- What is kept of collecting itself: how head-ends answered, what was collected of each day, what was handed over to the
-- repository, and the conditions that people were alarmed of.

INSERT INTO counter (name, value) VALUES ('attempt', 0), ('hand_over', 0), ('alert', 0), ('alert_event', 0);

-- Attempts in a row at a head-end that ended alike.
CREATE TABLE collection_attempt (
    id         BIGINT PRIMARY KEY,
    head_end   TEXT COLLATE "binary" NOT NULL,
    outcome    TEXT NOT NULL,
    why        TEXT NOT NULL,
    delivery   TEXT NOT NULL,
    first_at   BIGINT NOT NULL,
    last_at    BIGINT NOT NULL,
    attempts   BIGINT NOT NULL,
    deliveries BIGINT NOT NULL
);
CREATE INDEX collection_attempt_by_head_end ON collection_attempt (head_end, id);
CREATE INDEX collection_attempt_by_time ON collection_attempt (last_at);

-- What was collected of a local day in a zone, as it was known when its deadline had passed. Rows never change.
CREATE TABLE collected_day (
    date          TEXT COLLATE "binary" NOT NULL,
    zone          TEXT COLLATE "binary" NOT NULL,
    deadline      BIGINT NOT NULL,
    made_at       BIGINT NOT NULL,
    per_cent      BIGINT NOT NULL,
    expected      BIGINT NOT NULL,
    in_time       BIGINT NOT NULL,
    late          BIGINT NOT NULL,
    estimated     BIGINT NOT NULL,
    missing       BIGINT NOT NULL,
    time_in_doubt BIGINT NOT NULL,
    reasons       TEXT NOT NULL,
    PRIMARY KEY (date, zone)
);

-- Files handed over to the repository, and what it answered: null while it did not.
CREATE TABLE hand_over (
    id          BIGINT PRIMARY KEY,
    kind        TEXT NOT NULL,
    name        TEXT COLLATE "binary" NOT NULL UNIQUE,
    date        TEXT COLLATE "binary",
    hash        TEXT NOT NULL,
    entries     BIGINT NOT NULL,
    made_at     BIGINT NOT NULL,
    answered_at BIGINT,
    answer      TEXT,
    why         TEXT NOT NULL
);
CREATE INDEX hand_over_by_kind ON hand_over (kind, id);

-- What the repository was last told of a usage point and its account; `refused` is why it did not take it.
CREATE TABLE handed_account (
    usage_point TEXT COLLATE "binary" PRIMARY KEY,
    entry       TEXT NOT NULL,
    file        BIGINT NOT NULL REFERENCES hand_over (id),
    refused     TEXT NOT NULL
);
CREATE INDEX handed_account_by_file ON handed_account (file);

-- Conditions that could harm collection. `open_key` names the condition while it lasts, so that it is raised once.
CREATE TABLE alert (
    id              BIGINT PRIMARY KEY,
    kind            TEXT NOT NULL,
    component       TEXT COLLATE "binary" NOT NULL,
    open_key        TEXT COLLATE "binary" UNIQUE,
    at              BIGINT NOT NULL,
    received_at     BIGINT NOT NULL,
    raised_at       BIGINT NOT NULL,
    why             TEXT NOT NULL,
    impact          TEXT NOT NULL,
    cleared_at      BIGINT,
    acknowledged_at BIGINT,
    acknowledged_by TEXT,
    note            TEXT NOT NULL
);
CREATE INDEX alert_by_time ON alert (at);
