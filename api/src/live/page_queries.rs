//! What pages ask of a published state beyond lists for members: items, members and the model as people look at them.

use zhihui_data::snapshot::Snapshot;
use zhihui_engine::Language;
use zhihui_engine::audience::AudienceResult;
use zhihui_engine::insight::{Day, ItemInsight, MemberInsight, ModelInsight, Reach};

use crate::answering::{PreviewBody, Unanswerable};

/// The words that a person may choose from when choosing an audience.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Choices {
    /// Topics that people may be chosen by.
    pub topics: Vec<String>,
    /// Districts.
    pub districts: Vec<String>,
    /// Labels of the age bands in order, `unknown` last.
    pub age_bands: Vec<String>,
    /// Names of the interest segments.
    pub segments: Vec<String>,
}

/// Takes an audience with the snapshot whose rows it names.
pub type TakeAudience<'a> = dyn FnMut(&Snapshot, &AudienceResult) + 'a;

/// One published state as people look at it.
pub trait Showing {
    /// What is open or will be, and articles published since `since`.
    fn item_list(&self, since: i64, now: i64) -> Vec<ItemInsight>;

    /// One item; `None` where there is none of this id.
    fn item_view(&self, item_id: &str, now: i64) -> Option<ItemInsight>;

    /// Whom each of these items reaches, in their order; with `within`, members of that union and of those below it alone.
    fn reach_of(&self, item_ids: &[&str], within: Option<&str>, now: i64) -> Vec<Reach>;

    /// What an item met with on each of the days between these instants.
    fn item_days(&self, item_id: &str, midnights: &[i64]) -> Vec<Day>;

    /// One member; `None` for one who is not there or was erased.
    fn member_view(&self, member_id: &str) -> Option<MemberInsight>;

    /// What was learnt.
    fn model_view(&self) -> ModelInsight;

    /// What an audience may be chosen by.
    fn choices(&self) -> Choices;

    /// Hands a whole audience, every member with reasons, to `take`.
    ///
    /// # Errors
    /// [`Unanswerable`] as a preview.
    fn audience(
        &self,
        body: &PreviewBody,
        now: i64,
        language: Language,
        take: &mut TakeAudience<'_>,
    ) -> Result<(), Unanswerable>;
}
