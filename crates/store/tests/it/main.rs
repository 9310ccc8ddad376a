//! The books on real and simulated disks.

mod readings;
