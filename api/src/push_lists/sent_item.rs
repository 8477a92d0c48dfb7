//! The item that a list is sent for: that of the list or, for a list of a topic, one that the staff choose when it is sent.

use super::error::PushListError;
use super::record::PushList;
use crate::live::queries::PageQueries;

/// What a push leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentItem {
    /// Id of the article or activity.
    pub id: String,
    /// Its title.
    pub title: String,
}

impl SentItem {
    /// The item of a list. `chosen` is what the staff name; a list of a topic needs it until its item is fixed.
    ///
    /// # Errors
    /// [`PushListError`] if no item is chosen, it does not have the topic, or the list is for another one.
    pub(crate) fn of(
        list: &PushList,
        chosen: Option<&str>,
        items: &dyn PageQueries,
        now: i64,
    ) -> Result<Self, PushListError> {
        match (&list.item_id, chosen, &list.topic) {
            (Some(known), Some(chosen), _) if known != chosen => Err(PushListError::OtherItem(known.clone())),
            (Some(known), ..) => Ok(Self { id: known.clone(), title: list.item_title.clone() }),
            (None, None, topic) => Err(PushListError::NoItem(topic.clone().unwrap_or_default())),
            (None, Some(chosen), topic) => {
                let topic = topic.as_deref().unwrap_or_default();
                let item = items.item_view(chosen, now);
                let item = item.filter(|item| item.topics.iter().any(|of| of == topic)).ok_or_else(|| {
                    PushListError::ItemWithoutTopic { item_id: chosen.to_owned(), topic: topic.to_owned() }
                })?;
                let title = if item.title.is_empty() { chosen.to_owned() } else { item.title };
                Ok(Self { id: chosen.to_owned(), title })
            }
        }
    }
}
