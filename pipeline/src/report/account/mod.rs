//! WeChat's own figures of the account beside those of identified members. The two are never added.
//!
//! WeChat counts the people of each day. Over several days their sums count a person once a day, so what is compared with them
//! is the sum of our readers of the same days. A day whose readers are hidden is left out of both sides; so the sums and
//! the share reveal nothing that the table of days does not show.

mod article_readers;
mod articles;
mod days;
mod matching;
mod notes;
mod statistics;

pub(super) use article_readers::ArticleDay;
pub(super) use articles::articles;
pub(super) use days::{AccountDays, FIGURES};
pub(super) use notes::notes;
pub(super) use statistics::AccountStatistics;

/// An article that a push list sent, under WeChat's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentArticle {
    /// `{msg_data_id}_{index}` of WeChat's statistics.
    pub msgid: String,
    /// The item of the list.
    pub item_id: String,
}
