//! Which reports are one event, against a plain search for all that is linked.

mod same;
