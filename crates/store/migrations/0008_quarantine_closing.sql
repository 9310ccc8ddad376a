-- What a reader left out of a message waits with the reason `malformed`; `cause` is the code of the reader, so that a message
-- has one item for each cause. It is empty where the reason says it all.
ALTER TABLE quarantine ADD COLUMN cause TEXT NOT NULL DEFAULT '';
-- How the wait ended, as JSON: when, by whom, why, and what took its place. Items closed earlier have none.
ALTER TABLE quarantine ADD COLUMN closing TEXT;
