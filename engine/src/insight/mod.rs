//! What people want to see of items, members and the model: facts for pages, no lists for members.
//!
//! Nothing here decides who gets what; it tells what the snapshot and the overlay say and counts with the same eligibility
//! and the same scorer as everything else.

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
