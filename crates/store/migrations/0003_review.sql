-- Review: what rules found, what people decided about it, and how far followers of the readings feed have come.

INSERT INTO counter (name, value) VALUES ('exception', 0), ('act', 0);

-- One failed rule over slots [first_slot, end_slot) of a channel-day; kept when it is settled.
CREATE TABLE exception (
    id           BIGINT PRIMARY KEY,
    channel      BIGINT NOT NULL,
    date         TEXT COLLATE "binary" NOT NULL,
    rule         TEXT COLLATE "binary" NOT NULL,
    first_slot   BIGINT NOT NULL,
    end_slot     BIGINT NOT NULL,
    severity     TEXT NOT NULL,
    routed       BIGINT NOT NULL,
    evidence     TEXT COLLATE "binary" NOT NULL,
    run          BIGINT NOT NULL,
    plan_version BIGINT NOT NULL,
    state        TEXT NOT NULL,
    act          BIGINT,
    assignee     TEXT,
    comment      TEXT,
    comment_by   TEXT,
    first_seen   BIGINT NOT NULL,
    changed_at   BIGINT NOT NULL,
    UNIQUE (channel, date, rule, first_slot, end_slot),
    CHECK (first_slot < end_slot)
);
CREATE INDEX exception_by_state ON exception (state, rule, date, id);

-- What one person did at once. `request` is the sender's own key, so that sending again does not act again.
-- `settled_at` is empty while the days of a decided act wait to be validated again.
CREATE TABLE act (
    id          BIGINT PRIMARY KEY,
    request     TEXT UNIQUE,
    kind        TEXT NOT NULL,
    method      TEXT,
    reason      TEXT NOT NULL,
    note        TEXT NOT NULL,
    state       TEXT NOT NULL,
    proposed_by TEXT NOT NULL,
    proposed_at BIGINT NOT NULL,
    decided_by  TEXT,
    decided_at  BIGINT,
    decided_note TEXT,
    undone_by   TEXT,
    undone_at   BIGINT,
    undone_note TEXT,
    settled_at  BIGINT
);
CREATE INDEX act_by_state ON act (state, id);

-- What an act says of one channel-day. `basis` and `new_values` are JSON lists, one entry a slot, null where there is
-- no value; `new_values` is empty where the values stand.
CREATE TABLE decision (
    act        BIGINT NOT NULL REFERENCES act (id),
    channel    BIGINT NOT NULL,
    date       TEXT COLLATE "binary" NOT NULL,
    first_slot BIGINT NOT NULL,
    end_slot   BIGINT NOT NULL,
    basis      TEXT NOT NULL,
    new_values TEXT,
    PRIMARY KEY (act, channel, date, first_slot),
    CHECK (first_slot < end_slot)
);
CREATE INDEX decision_by_day ON decision (date, channel);

-- How far whoever follows the readings feed has come.
CREATE TABLE follower (
    name     TEXT PRIMARY KEY,
    position TEXT NOT NULL
);
