//! The engine as its users see it.

mod fixture;
mod recommend;
mod scorer;
mod suppression;
