//! What the engine computes, seen from outside.

mod accounts;
mod calendars;
mod definitions;
mod notation;
mod properties;
mod requests;
mod roles;
mod scenarios;
