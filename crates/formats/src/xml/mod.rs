//! Guarded XML: a push parser with limits, without document types and entities.
