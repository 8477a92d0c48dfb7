//! What people want to see of items, members and the model: facts for pages, no lists for members.
//!
//! Nothing here decides who gets what; it tells what the snapshot and the overlay say and counts with the same eligibility
//! and the same scorer as everything else.

mod item;
mod map;
mod member;
mod model;
mod reach;

pub use item::{Day, ItemInsight, Limits, Phase};
pub use map::{InterestMap, MapCell};
pub use member::{HistoryCount, MemberInsight, TopicShare};
pub use model::{ModelInsight, RankerInsight, SegmentInsight, segments_of_interest};
pub use reach::Reach;
