//! What people want to see of items, members and the model: facts for pages, no lists for members.
//!
//! Nothing here decides who gets what; it tells what the snapshot and the overlay say and counts with the same eligibility
//! and the same scorer as everything else.

mod item;
mod member;
mod model;
mod reach;

pub use item::{Day, ItemInsight, Limits, Phase};
pub use member::{HistoryCount, MemberInsight, TopicShare};
pub use model::{MapPoint, ModelInsight, RankerInsight, SegmentInsight};
pub use reach::Reach;
