-- Connection states: each holds from its instant until the next one of its usage point.
CREATE TABLE connection_state (
    usage_point TEXT NOT NULL REFERENCES object (id),
    valid_from  BIGINT NOT NULL,
    state       TEXT NOT NULL,
    PRIMARY KEY (usage_point, valid_from)
);

-- The only source that may send the readings of a usage point; without a row any may.
CREATE TABLE owner (
    usage_point TEXT PRIMARY KEY REFERENCES object (id),
    source      TEXT NOT NULL
);
