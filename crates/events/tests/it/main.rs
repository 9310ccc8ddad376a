//! Which reports are one event, against a plain search for all that is linked; which events are of a feeder.

mod feeder;
mod same;
