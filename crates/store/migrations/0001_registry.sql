-- The registry book. One text for SQLite and PostgreSQL: TEXT and BIGINT only, instants in microseconds
-- since the Unix epoch, mRIDs as lower-case UUID text. "binary" is byte order on both engines.

-- Numbers given in order. `revision` moves with every change of master data.
CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counter (name, value)
VALUES ('revision', 0), ('channel', 0), ('link', 0), ('quarantine', 0), ('batch', 0);

-- Every object of master data but channels; `attributes` is the JSON of its model type.
CREATE TABLE object (
    id         TEXT COLLATE "binary" PRIMARY KEY,
    class      TEXT NOT NULL,
    attributes TEXT NOT NULL
);
CREATE INDEX object_by_class ON object (class, id);

-- One quantity of a usage point; `number` is dense and is the index into the readings book.
CREATE TABLE channel (
    number           BIGINT PRIMARY KEY,
    id               TEXT NOT NULL UNIQUE,
    label            TEXT COLLATE "binary" NOT NULL UNIQUE,
    usage_point      TEXT NOT NULL REFERENCES object (id),
    suffix           TEXT NOT NULL,
    reading_type     TEXT NOT NULL,
    unit             TEXT NOT NULL,
    quantum          BIGINT NOT NULL,
    multiplier       TEXT NOT NULL,
    dials            BIGINT,
    interval_seconds BIGINT,
    zone             TEXT NOT NULL
);
CREATE INDEX channel_by_usage_point ON channel (usage_point);

-- What authorities call things. `folded` is the value in lower case, for search.
CREATE TABLE name (
    class     TEXT NOT NULL,
    value     TEXT NOT NULL,
    kind      TEXT NOT NULL,
    authority TEXT NOT NULL,
    folded    TEXT COLLATE "binary" NOT NULL,
    object    TEXT NOT NULL,
    PRIMARY KEY (class, value, kind, authority)
);
CREATE INDEX name_by_folded ON name (folded);
CREATE INDEX name_by_object ON name (object);

-- Relations with the time they hold, [valid_from, valid_to); an open end is the largest BIGINT.
CREATE TABLE link (
    id         BIGINT PRIMARY KEY,
    relation   TEXT NOT NULL,
    subject    TEXT NOT NULL,
    target     TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_to   BIGINT NOT NULL,
    CHECK (valid_from < valid_to)
);
CREATE INDEX link_by_subject ON link (subject, relation, valid_from);
CREATE INDEX link_by_target ON link (target, relation, valid_from);

-- A head-end system or drop folder: how its files are read.
CREATE TABLE source (
    name       TEXT COLLATE "binary" PRIMARY KEY,
    zone       TEXT NOT NULL,
    format     TEXT,
    settings   TEXT NOT NULL
);

-- What was received and what became of it; `hash` identifies the content.
CREATE TABLE batch (
    id          BIGINT PRIMARY KEY,
    hash        TEXT NOT NULL UNIQUE,
    source      TEXT NOT NULL,
    path        TEXT NOT NULL,
    format      TEXT,
    raw         TEXT NOT NULL,
    bytes       BIGINT NOT NULL,
    stored      BIGINT NOT NULL,
    duplicates  BIGINT NOT NULL,
    quarantined BIGINT NOT NULL,
    findings    BIGINT NOT NULL,
    received_at BIGINT NOT NULL
);

-- Items that were not admitted, until a person or a change of master data lets them in.
CREATE TABLE quarantine (
    id         BIGINT PRIMARY KEY,
    batch      TEXT NOT NULL,
    item       BIGINT NOT NULL,
    source     TEXT NOT NULL,
    raw        TEXT NOT NULL,
    line       BIGINT NOT NULL,
    channel    TEXT NOT NULL,
    code       TEXT NOT NULL,
    message    TEXT NOT NULL,
    advice     TEXT NOT NULL,
    finding    TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    tries      BIGINT NOT NULL,
    state      TEXT NOT NULL,
    UNIQUE (batch, item)
);
CREATE INDEX quarantine_by_state ON quarantine (state, code, id);

-- Who is told about readings, and where. A secret is named here, never kept.
CREATE TABLE subscription (
    id         TEXT COLLATE "binary" PRIMARY KEY,
    name       TEXT COLLATE "binary" NOT NULL UNIQUE,
    address    TEXT NOT NULL,
    reach      TEXT NOT NULL,
    format     TEXT NOT NULL,
    secret     TEXT NOT NULL,
    filter     TEXT NOT NULL,
    state      TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- How far each subscriber has been told.
CREATE TABLE delivery (
    subscription TEXT PRIMARY KEY REFERENCES subscription (id) ON DELETE CASCADE,
    position     TEXT,
    attempts     BIGINT NOT NULL,
    next_attempt BIGINT,
    last_error   TEXT,
    delivered_at BIGINT
);

-- The last attempts at each subscriber, for the person who looks into a failure.
CREATE TABLE attempt (
    subscription TEXT NOT NULL REFERENCES subscription (id) ON DELETE CASCADE,
    number       BIGINT NOT NULL,
    message      TEXT NOT NULL,
    at           BIGINT NOT NULL,
    error        TEXT,
    PRIMARY KEY (subscription, number)
);
