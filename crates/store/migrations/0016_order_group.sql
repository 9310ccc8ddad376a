-- What many meters are asked for at once, by a person or because a schedule was due, and how far each schedule is.

INSERT INTO counter (name, value) VALUES ('order_group', 0);

-- `unknown` is JSON: the names for which nothing could be ordered, and why. `asked_by` is the schedule where it is one;
-- `missed` of its cycles, from `missed_from` to `missed_to`, passed before this one because nothing ran.
CREATE TABLE order_group (
    id          BIGINT PRIMARY KEY,
    kind        TEXT NOT NULL,
    why         TEXT NOT NULL,
    asked_by    TEXT NOT NULL,
    due_at      BIGINT NOT NULL,
    ordered_at  BIGINT NOT NULL,
    unknown     TEXT NOT NULL,
    missed      BIGINT NOT NULL,
    missed_from BIGINT,
    missed_to   BIGINT
);
CREATE INDEX order_group_asked_by ON order_group (why, asked_by, id);

ALTER TABLE head_end_order ADD COLUMN part_of BIGINT;
CREATE INDEX head_end_order_part_of ON head_end_order (part_of, id);

-- Until when a schedule was dealt with: first of all when it was first seen.
CREATE TABLE read_schedule (
    name       TEXT PRIMARY KEY,
    done_until BIGINT NOT NULL
);
