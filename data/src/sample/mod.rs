//! The sample generator.
