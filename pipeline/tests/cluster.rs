//! Builds on a scheduler and executors on loopback, compared with builds in one process. Needs the feature `cluster`.

#[path = "cluster/comparison.rs"]
mod comparison;
#[path = "cluster/faults.rs"]
mod faults;
#[path = "build/home.rs"]
#[allow(dead_code, reason = "the tests of builds use more of it")]
mod home;
#[path = "cluster/machines.rs"]
mod machines;
#[path = "cluster/parity.rs"]
mod parity;
#[path = "cluster/tls.rs"]
mod tls;
#[path = "cluster/union.rs"]
mod union;
