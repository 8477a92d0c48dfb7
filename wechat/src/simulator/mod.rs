//! Answers like WeChat's interfaces at `api.weixin.qq.com`, from a state in memory.
//!
//! [`Simulator::router`] serves the interfaces, a page that shows the state, and `/sim/…` to change it: to let followers
//! leave, tokens expire, time pass and answers fail. The clock is an argument. Deliveries, figures and faults depend on
//! the seed only. It opens no connection: the caller posts what [`Simulator::due_callbacks`] returns.

mod account_kind;
mod calendar;
mod http;
mod interfaces;
mod seeded;
mod settings;
mod shared;
mod state;

pub use account_kind::AccountKind;
pub use settings::{CallbackTarget, SettingsError, SimulatorSettings};
pub use shared::{Clock, Simulator};
pub use state::callback_queue::{OutgoingCallback, OutgoingHandshake};
pub use state::faults::{Fault, UnknownFault};
