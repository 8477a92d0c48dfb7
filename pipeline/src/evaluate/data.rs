//! Training and test interactions in the shape that models read.

use std::collections::BTreeMap;
use std::path::Path;

use zhihui_data::snapshot::{EventKind, Snapshot};
use zhihui_engine::interaction_weight;
use zhihui_models::catalogue::TrainingData;
use zhihui_models::evaluation::{Event, test_users, time_cut};
use zhihui_models::{ModelError, UserItems};

use super::EvaluateError;
use super::files::{Ids, Line, read};
use crate::train::Windows;

/// Test users beyond this only narrow the interval.
const MOST_TEST_USERS: usize = 20_000;

/// What recommenders are fitted on and measured by.
#[derive(Debug)]
pub struct Data {
    /// What may be learnt from.
    pub training: TrainingData,
    /// What must be foretold; columns beyond the training items are items that nobody had touched.
    pub test: UserItems,
    /// Users of the training data.
    pub users: usize,
    /// Labels of users by the name of the slicing, indexed by row.
    pub slices: BTreeMap<String, Vec<String>>,
}

impl Data {
    /// Two files of `user_id,item_id[,weight][,timestamp]`.
    ///
    /// Items of the training file come first, in ascending order of id, so that ties go to the smaller id.
    ///
    /// # Errors
    /// [`EvaluateError`] naming file, row and column.
    pub fn from_files(train: &Path, test: &Path) -> Result<Self, EvaluateError> {
        let (train, test) = (read(train)?, read(test)?);
        let users = Ids::of(train.iter().map(|line| line.user.as_str()));
        let items = Ids::of(train.iter().map(|line| line.item.as_str()));
        let new_users = Ids::of(test.iter().map(|line| line.user.as_str()).filter(|id| users.index(id).is_none()));
        let new_items = Ids::of(test.iter().map(|line| line.item.as_str()).filter(|id| items.index(id).is_none()));
        let index = |known: &Ids, new: &Ids, id: &str| {
            known.index(id).unwrap_or_else(|| known.len() as u32 + new.index(id).unwrap_or_default())
        };
        let event = |line: &Line| Event {
            user: index(&users, &new_users, &line.user),
            item: index(&items, &new_items, &line.item),
            weight: line.weight,
            at: line.at.unwrap_or_default(),
        };
        let n_rows = users.len() + new_users.len();
        let events: Vec<Event> = train.iter().map(event).collect();
        let mut training = TrainingData::from_events(n_rows, items.len(), &events)?;
        if train.iter().any(|line| line.at.is_none()) {
            training.sequences = None;
        }
        let wanted = test.iter().map(event).map(|event| (event.user, event.item, 1.0));
        let test = UserItems::from_triplets(n_rows, items.len() + new_items.len(), wanted)?;
        Ok(Self { training, test, users: users.len(), slices: BTreeMap::new() })
    }

    /// The lake, as it was assembled: learnt on what came before the last window, measured on what was new in it.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] without history.
    pub fn from_snapshot(snapshot: &Snapshot, seed: u64) -> Result<Self, EvaluateError> {
        let windows = Windows::of(snapshot).ok_or_else(|| {
            ModelError::NotEnoughData("there are no reads or sign-ups to evaluate on; ingest and build first".into())
        })?;
        let history = &snapshot.history;
        let mut events = Vec::new();
        for member in 0..snapshot.members.id.len() {
            for at in history.of(member) {
                let weight = interaction_weight(history.kind[at]);
                if weight > 0.0 && history.kind[at] != EventKind::Attended {
                    events.push(Event { user: member as u32, item: history.item[at], weight, at: history.at[at] });
                }
            }
        }
        let (n_members, n_items, n_topics) =
            (snapshot.members.id.len(), snapshot.items.id.len(), snapshot.topics.len());
        let split = time_cut(n_members, n_items, &events, windows.test_from, windows.until)?;
        let before: Vec<Event> = events.into_iter().filter(|event| event.at < windows.test_from).collect();
        let topics = (0..n_items)
            .flat_map(|item| snapshot.items.topics.row(item).iter().map(move |&topic| (item as u32, topic, 1.0)));
        let attributes = UserItems::from_triplets(n_items, n_topics, topics)?;
        let mut training = TrainingData::from_events(n_members, n_items, &before)?;
        if attributes.n_entries() > 0 {
            training = training.with_attributes(attributes)?;
        }
        let chosen = test_users(&split.test, MOST_TEST_USERS, seed);
        let mut kept = vec![false; n_members];
        chosen.iter().for_each(|&user| kept[user as usize] = true);
        let wanted = (0..n_members)
            .filter(|&user| kept[user])
            .flat_map(|user| split.test.row(user).columns.iter().map(move |&item| (user as u32, item, 1.0)));
        let test = UserItems::from_triplets(n_members, n_items, wanted)?;
        let bands = snapshot.members.age_band.iter().map(|&band| snapshot.age_bands.label(usize::from(band))).collect();
        let warmth =
            training.interactions.rows().map(|row| if row.is_empty() { "cold" } else { "warm" }.to_owned()).collect();
        let users = training.interactions.rows().filter(|row| !row.is_empty()).count();
        let slices = BTreeMap::from([("age_band".to_owned(), bands), ("member".to_owned(), warmth)]);
        Ok(Self { training, test, users, slices })
    }
}
