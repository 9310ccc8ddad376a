-- Plans of validation and estimation, and where they hold. Rows are never changed or removed: a changed set or plan has a
-- new version, and of two attachments to one place the later one holds where their dates meet.

INSERT INTO counter (name, value) VALUES ('plan', 0), ('plan_attachment', 0);

-- A validation set, an estimation set or a plan under its name and version; `content` is the JSON of its entry in a book.
CREATE TABLE plan_part (
    kind    TEXT NOT NULL,
    name    TEXT COLLATE "binary" NOT NULL,
    version BIGINT NOT NULL,
    content TEXT NOT NULL,
    put_by  TEXT NOT NULL,
    put_at  BIGINT NOT NULL,
    PRIMARY KEY (kind, name, version)
);

-- A plan holds at a place on local dates [valid_from, valid_to); without a plan, none holds there any more.
CREATE TABLE plan_attachment (
    id         BIGINT PRIMARY KEY,
    place      TEXT COLLATE "binary" NOT NULL,
    plan       TEXT COLLATE "binary",
    version    BIGINT,
    valid_from TEXT,
    valid_to   TEXT,
    put_by     TEXT NOT NULL,
    put_at     BIGINT NOT NULL
);

-- Programmes a usage point is in on local dates [valid_from, valid_to); without a date, as long as anyone knows.
CREATE TABLE usage_point_programme (
    usage_point TEXT NOT NULL REFERENCES object (id),
    programme   TEXT COLLATE "binary" NOT NULL,
    valid_from  TEXT,
    valid_to    TEXT
);
CREATE INDEX usage_point_programme_by_point ON usage_point_programme (usage_point, programme);
