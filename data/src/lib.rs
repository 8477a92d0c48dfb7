//! Definition of the data: ids, the input tables of the contract, events, the calendar, and the format of a published
//! snapshot.
//!
//! The crate contains no jobs and no mathematics. Its `README.md` is the data dictionary. [`sample`] generates made-up
//! input files.
//!
//! ```
//! use zhihui_data::{Table, district};
//!
//! // A file belongs to the table that its name starts with, and Chinese headers map to contract columns.
//! assert_eq!(Table::of_file_name("reads-2026-11-21.csv.gz"), Some(Table::Reads));
//! let column = Table::Reads.column_of_header("阅读时间").map(|column| column.name);
//! assert_eq!(column, Some("read_at"));
//!
//! assert_eq!(district::normalised(" 北京市朝阳区"), "朝阳");
//! ```
//!
//! | module | contents |
//! | --- | --- |
//! | [`tables`] | input tables, their columns, keys and synonyms of headers |
//! | [`events`] | live events, as stored in the inbox |
//! | [`snapshot`] | the published snapshot in columns, and its file format |
//! | [`ids`], [`kinds`] | id types and the closed vocabularies |
//! | [`id_number`], [`credit_code`], [`district`], [`calendar`] | parsing and normalisation of values |
//! | [`account_interface`] | WeChat's interfaces for statistics of the account |
//! | [`holidays`] | public holidays and moved working days |
//! | [`erased_ids`] | salted hashes of erased members' ids |
//! | [`sample`] | the generator of sample data |

pub mod account_interface;
pub mod calendar;
pub mod credit_code;
pub mod district;
pub mod erased_ids;
pub mod events;
mod half_width;
pub mod holidays;
pub mod id_number;
pub mod ids;
pub mod kinds;
mod nearest_name;
pub mod sample;
pub mod snapshot;
pub mod tables;

pub use account_interface::{AccountInterface, Generation};
pub use calendar::Zone;
pub use erased_ids::ErasedIds;
pub use events::{Event, EventDetails, EventType};
pub use ids::{ItemId, MemberId, OpenId, UnionId};
pub use kinds::{Gender, ItemKind, SignUpStatus};
pub use nearest_name::nearest_name;
pub use tables::{Column, ColumnKind, Table};

/// Sources of exports of WeChat's console and of sign-up tools, as TOML.
pub const OFFICE_PROFILE: &str = include_str!("../profiles/offices.toml");
