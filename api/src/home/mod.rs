//! The home page: snapshot age, alerts and shortcuts.

pub(crate) mod age;
pub(crate) mod alerts;
pub(crate) mod page;
pub(crate) mod pipeline_status;
pub(crate) mod shortcuts;
