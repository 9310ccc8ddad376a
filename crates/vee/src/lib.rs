//! vee
