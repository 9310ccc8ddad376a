//! A disk in memory.

/// x
pub struct SimulatedDisk;
/// x
pub struct Fault;
