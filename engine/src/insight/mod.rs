//! Items, members and the model for pages.
//!
//! These functions decide nothing. They return what the snapshot and the overlay contain, and use the same eligibility
//! and scorer as lists and audiences.

mod interest_map;
mod item;
mod member;
mod model;
mod reach;

pub use interest_map::{InterestMap, MapCell};
pub use item::{ItemDay, ItemInsight, Limits, Phase};
pub use member::{HistoryCount, MemberInsight, TopicShare};
pub use model::{ModelInsight, RankerInsight, SegmentInsight, segment_insights};
pub use reach::Reach;
