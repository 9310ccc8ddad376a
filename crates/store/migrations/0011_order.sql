-- What head-ends are asked to do: read again what is missing, read now, find out whether a device answers.

INSERT INTO counter (name, value) VALUES ('head_end_order', 0);

-- `head_end` and `device` are empty where no route leads to the device; `range_start` and `range_end` are 0 where nothing of
-- the past is asked for. `wanted` is JSON: which readings of which channels must be there. `gap` names usage point, day and
-- head-end, so that a gap list that is made twice orders once. `request` is set before the head-end is asked and taken away
-- once the answer is noted: between the two the same request is made again.
CREATE TABLE head_end_order (
    id            BIGINT PRIMARY KEY,
    kind          TEXT NOT NULL,
    why           TEXT NOT NULL,
    asked_by      TEXT NOT NULL,
    usage_point   TEXT NOT NULL REFERENCES object (id),
    meter         TEXT,
    head_end      TEXT NOT NULL,
    device        TEXT NOT NULL,
    range_start   BIGINT NOT NULL,
    range_end     BIGINT NOT NULL,
    wanted        TEXT NOT NULL,
    gap           TEXT,
    deadline      BIGINT NOT NULL,
    state         TEXT NOT NULL,
    tries         BIGINT NOT NULL,
    next_at       BIGINT NOT NULL,
    request       TEXT,
    ordered_at    BIGINT NOT NULL,
    asked_at      BIGINT,
    closed_at     BIGINT,
    outcome       TEXT NOT NULL
);
CREATE UNIQUE INDEX head_end_order_gap ON head_end_order (gap) WHERE state <> 'answered';
CREATE INDEX head_end_order_due ON head_end_order (head_end, state, next_at);
CREATE INDEX head_end_order_state ON head_end_order (state, id);
CREATE INDEX head_end_order_usage_point ON head_end_order (usage_point, id);

-- Who owns a usage point from when: a meter moves from one head-end to another on a day. Each row holds until the next one of
-- its usage point; an empty source lets any send.
CREATE TABLE ownership (
    usage_point TEXT NOT NULL REFERENCES object (id),
    valid_from  BIGINT NOT NULL,
    source      TEXT NOT NULL,
    PRIMARY KEY (usage_point, valid_from)
);
INSERT INTO ownership (usage_point, valid_from, source) SELECT usage_point, -377705023201000000, source FROM owner;
DROP TABLE owner;
