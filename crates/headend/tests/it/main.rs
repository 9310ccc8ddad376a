//! Every kind of head-end against a stand-in on a real folder or socket.

mod clock;
mod contract;
mod folder;
mod mqtt;
mod rest;
mod rhythm;
mod soap;
