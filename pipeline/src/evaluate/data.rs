//! Training and test interactions in the form that models read.

use std::collections::BTreeMap;
use std::path::Path;

use zhihui_models::UserItems;
use zhihui_models::catalogue::TrainingData;
use zhihui_models::evaluation::{Event, ValidationCut};
use zhihui_models::tuning::{TuneOptions, popularity_half_life};

use super::EvaluateError;
use super::files::{Ids, Line, read};
use super::test_setting::test_setting;

/// Seed of the sample of members on which popularity is tuned.
pub(super) const SEED: u64 = 7;

/// Data on which recommenders are fitted and measured.
#[derive(Debug)]
pub struct Data {
    /// Test windows, earliest first. At least one.
    pub windows: Vec<Window>,
    /// Cut by which tuning makes validation data like the test.
    pub cut: ValidationCut,
    /// Half-life in days of the popularity baselines, tuned on data before the first test; `None` for no decay.
    pub half_life_days: Option<f64>,
}

/// One test window with its training data.
#[derive(Debug)]
pub struct Window {
    /// Data before the window.
    pub training: TrainingData,
    /// Interactions to predict. Columns beyond the training items are new items.
    pub test: UserItems,
    /// Number of users in the training data.
    pub users: usize,
    /// Start and exclusive end of the test in seconds since 1970; `None` for files.
    pub span: Option<[i64; 2]>,
    /// Labels of users by slicing and row.
    pub slices: BTreeMap<String, Vec<String>>,
}

impl Window {
    pub(super) fn new(training: TrainingData, test: UserItems) -> Self {
        let warm = |user: usize| user < training.interactions.n_rows() && !training.interactions.row(user).is_empty();
        let warm_or_cold: Vec<String> = (0..test.n_rows()).map(|user| warm_or_cold(warm(user)).to_owned()).collect();
        let users = warm_or_cold.iter().filter(|label| *label == "warm").count();
        Self { slices: BTreeMap::from([("member".to_owned(), warm_or_cold)]), training, test, users, span: None }
    }

    /// Returns users with a test item, ascending.
    pub(super) fn test_users(&self) -> Vec<u32> {
        (0..self.test.n_rows() as u32).filter(|&user| !self.test.row(user as usize).is_empty()).collect()
    }

    /// Returns the test interactions with items that have training interactions, or with those that have none.
    pub(super) fn test_of(&self, warm: bool) -> UserItems {
        let counts = self.training.interactions.column_counts();
        self.test.filter(|_, item| (counts.get(item as usize).is_some_and(|&count| count > 0)) == warm)
    }
}

/// Returns the label of members and items with or without a history.
pub(super) fn warm_or_cold(warm: bool) -> &'static str {
    if warm { "warm" } else { "cold" }
}

impl Data {
    /// Returns the number of users with a test item, summed over windows.
    #[must_use]
    pub fn test_users(&self) -> usize {
        self.windows.iter().flat_map(|window| window.test.rows()).filter(|row| !row.is_empty()).count()
    }

    /// Reads two files of `user_id,item_id[,weight][,timestamp]`.
    ///
    /// Items of the training file have the lowest indices, in ascending order of id, so that ties go to the smaller id.
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
        let test_events: Vec<Event> = test.iter().map(event).collect();
        let timed = |lines: &[Line]| lines.iter().all(|line| line.at.is_some());
        let (train_is_timed, test_is_timed) = (timed(&train), timed(&test));
        // Lines with their ids need several times the memory of events.
        drop((train, test));
        let setting = test_setting(&events, train_is_timed, &test_events, test_is_timed, users.len());
        let mut training = match setting.now {
            Some(now) => TrainingData::as_of(now, n_rows, items.len(), events)?,
            None => TrainingData::from_events(n_rows, items.len(), &events)?,
        };
        if !train_is_timed {
            training.sequences = None;
        }
        let n_columns = items.len() + new_items.len();
        let test_events = test_events.iter().map(|event| (event.user, event.item, 1.0));
        let test = UserItems::from_triplets(n_rows, n_columns, test_events)?;
        let half_life_days =
            popularity_half_life(&training, &TuneOptions { cut: setting.cut, ..TuneOptions::new(SEED) })?;
        Ok(Self { windows: vec![Window::new(training, test)], cut: setting.cut, half_life_days })
    }
}
