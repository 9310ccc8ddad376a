//! What the engine computes, seen from outside.

mod accounts;
mod calendars;
mod definitions;
mod demand_windows;
mod golden;
mod notation;
mod properties;
mod rates;
mod requests;
mod roles;
mod scenarios;
