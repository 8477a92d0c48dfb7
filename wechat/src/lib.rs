//! WeChat's interfaces for official accounts (公众号).
//!
//! `client` calls the interfaces. `callback` verifies, decrypts and parses what WeChat pushes to a server. `error_code` names the numbers of WeChat's
//! `errcode`. `simulator` answers like `api.weixin.qq.com`, so that everything can be tested without an account.
//! The crate knows no member, push list or file, opens no connection and reads no clock.

pub mod callback;
pub mod client;
pub mod error_code;
pub mod simulator;

pub use error_code::ErrorCode;
