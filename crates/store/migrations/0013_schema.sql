-- What was agreed about the fields of messages, and what came in another way.

-- The fields that messages of a source have from an instant on; a version is never changed, only settled.
CREATE TABLE schema_version (
    source         TEXT COLLATE "binary" NOT NULL,
    version        BIGINT NOT NULL,
    shape          TEXT NOT NULL,
    effective_from BIGINT NOT NULL,
    approvals      BIGINT NOT NULL,
    proposed_by    TEXT NOT NULL,
    proposed_at    BIGINT NOT NULL,
    reason         TEXT NOT NULL,
    differences    TEXT NOT NULL,
    state          TEXT NOT NULL,
    settled_at     BIGINT,
    PRIMARY KEY (source, version)
);

-- What people said of a version; one word of each.
CREATE TABLE schema_word (
    source  TEXT COLLATE "binary" NOT NULL,
    version BIGINT NOT NULL,
    person  TEXT NOT NULL,
    word    TEXT NOT NULL,
    note    TEXT NOT NULL,
    said_at BIGINT NOT NULL,
    PRIMARY KEY (source, version, person),
    FOREIGN KEY (source, version) REFERENCES schema_version (source, version)
);

-- Fields of messages that were not as the version says, each once.
CREATE TABLE schema_difference (
    source     TEXT COLLATE "binary" NOT NULL,
    version    BIGINT NOT NULL,
    path       TEXT COLLATE "binary" NOT NULL,
    what       TEXT NOT NULL,
    detail     TEXT NOT NULL,
    first_seen BIGINT NOT NULL,
    last_seen  BIGINT NOT NULL,
    messages   BIGINT NOT NULL,
    example    TEXT NOT NULL,
    PRIMARY KEY (source, version, path, what)
);

-- Moves with every version and word.
INSERT INTO counter (name, value) VALUES ('schema', 0);
