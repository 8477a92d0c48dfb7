//! Callbacks: messages that WeChat posts to the server of an account, as XML, signed and possibly encrypted.
//!
//! [`CallbackReceiver`] opens them for a server, and [`CallbackSender`] seals them for the simulator. Both work on
//! strings and bytes. The server reads the request, answers it and removes repeated messages by
//! [`CallbackMessage::dedup_key`]: WeChat repeats a message up to three times if it gets no answer within five seconds.

mod encryption;
mod error;
mod event;
mod mass_send_result;
mod message;
mod receiver;
mod sender;
mod signature;
mod xml;

pub use encryption::MessageKey;
pub use error::CallbackError;
pub use event::CallbackEvent;
pub use mass_send_result::{ArticleUrl, CopyrightCheck, MassSendResult, MassSendStatus};
pub use message::CallbackMessage;
pub use receiver::{CallbackQuery, CallbackReceiver, MAX_BODY_BYTES};
pub use sender::{CallbackSender, SealedCallback};
pub use signature::CallbackToken;
