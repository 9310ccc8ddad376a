-- The events book. One text for SQLite and PostgreSQL: TEXT and BIGINT only, instants in microseconds since the Unix epoch.
-- Indexes begin with what grows with time, so that a storm writes to few pages.

-- Numbers given in order.
CREATE TABLE event_counter (
    name  TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO event_counter (name, value) VALUES ('event', 0), ('report', 0);

-- What happened, once, however many told it. `lead` is the report with the earliest time, whose words are shown; `ordered_at`
-- is its time, or when it was received where that time is doubted. `event_type` is empty where the words are not understood.
CREATE TABLE event (
    sequence         BIGINT PRIMARY KEY,
    event_type       TEXT NOT NULL,
    device_authority TEXT NOT NULL,
    device_kind      TEXT NOT NULL,
    device_name      TEXT NOT NULL,
    device_key       BIGINT NOT NULL,
    meter            TEXT,
    usage_point      TEXT,
    state            TEXT NOT NULL,
    occurred_at      BIGINT,
    ordered_at       BIGINT NOT NULL,
    received_at      BIGINT NOT NULL,
    lead             BIGINT NOT NULL,
    merged_into      BIGINT
);
CREATE INDEX event_by_time ON event (ordered_at, sequence);
CREATE INDEX event_by_device ON event (device_key, ordered_at);
CREATE INDEX event_unresolved ON event (sequence) WHERE state = 'unknown_device';
CREATE INDEX event_unmapped ON event (sequence) WHERE event_type = '';

-- What one source told of an event. `slot` is the four seconds it happened in, `alike` a number of whom and what it is of,
-- `source_key` one of the source and its identity of the event: by these its like are found.
CREATE TABLE event_report (
    number      BIGINT PRIMARY KEY,
    event       BIGINT NOT NULL,
    source      TEXT NOT NULL,
    source_id   TEXT NOT NULL,
    told_type   TEXT NOT NULL,
    told_at     BIGINT,
    occurred_at BIGINT,
    received_at BIGINT NOT NULL,
    is_doubtful BIGINT NOT NULL,
    raw         TEXT NOT NULL,
    line        BIGINT NOT NULL,
    severity    TEXT NOT NULL,
    reason      TEXT NOT NULL,
    status      TEXT NOT NULL,
    details     TEXT NOT NULL,
    slot        BIGINT,
    alike       BIGINT NOT NULL,
    source_key  BIGINT
);
CREATE INDEX event_report_by_event ON event_report (event);
CREATE INDEX event_report_by_slot ON event_report (slot, alike);
CREATE INDEX event_report_by_source ON event_report (source_key, alike);

-- Messages that were answered: the same bytes get the first answer.
CREATE TABLE event_message (
    hash        TEXT COLLATE "binary" PRIMARY KEY,
    source      TEXT NOT NULL,
    name        TEXT NOT NULL,
    raw         TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    told        BIGINT NOT NULL,
    fresh       BIGINT NOT NULL,
    joined      BIGINT NOT NULL,
    repeated    BIGINT NOT NULL,
    note        TEXT NOT NULL
);

-- Where each source goes on.
CREATE TABLE event_position (
    source   TEXT PRIMARY KEY,
    position TEXT NOT NULL
);
