//! Training and test interactions in the shape that models read.

use std::collections::BTreeMap;
use std::path::Path;

use zhihui_models::UserItems;
use zhihui_models::catalogue::TrainingData;
use zhihui_models::evaluation::{Event, ValidationCut};
use zhihui_models::tuning::{TuneOptions, popularity_half_life};

use super::EvaluateError;
use super::files::{Ids, Line, read};
use super::question::question;

/// Seed of the choice of members on whom popularity is tuned.
pub(super) const SEED: u64 = 7;

/// What recommenders are fitted on and measured by.
#[derive(Debug)]
pub struct Data {
    /// Test windows, the earliest first; at least one.
    pub windows: Vec<Window>,
    /// Where tuning looks for entries like those of the test.
    pub cut: ValidationCut,
    /// Half-life in days of the baselines' popularity, tuned on what precedes the first test; `None` where all counts alike.
    pub half_life_days: Option<f64>,
}

/// What may be learnt from, and what must be foretold.
#[derive(Debug)]
pub struct Window {
    /// What came before.
    pub training: TrainingData,
    /// What must be foretold; columns beyond the training items are items that nobody had touched.
    pub test: UserItems,
    /// Users of the training data.
    pub users: usize,
    /// Begin and end of the test, end exclusive, in seconds since 1970; `None` for files.
    pub span: Option<[i64; 2]>,
    /// Labels of users by the name of the slicing, indexed by row.
    pub slices: BTreeMap<String, Vec<String>>,
}

impl Window {
    pub(super) fn new(training: TrainingData, test: UserItems) -> Self {
        let warm = |user: usize| user < training.interactions.n_rows() && !training.interactions.row(user).is_empty();
        let warmth: Vec<String> = (0..test.n_rows()).map(|user| warmth(warm(user)).to_owned()).collect();
        let users = warmth.iter().filter(|label| *label == "warm").count();
        Self { slices: BTreeMap::from([("member".to_owned(), warmth)]), training, test, users, span: None }
    }

    /// Users with a test item, ascending.
    pub(super) fn test_users(&self) -> Vec<u32> {
        (0..self.test.n_rows() as u32).filter(|&user| !self.test.row(user as usize).is_empty()).collect()
    }

    /// The test items that somebody touched in the training data, or those that nobody did.
    pub(super) fn test_of(&self, warm: bool) -> UserItems {
        let counts = self.training.interactions.column_counts();
        self.test.filter(|_, item| (counts.get(item as usize).is_some_and(|&count| count > 0)) == warm)
    }
}

/// How members and items with and without a history are called.
pub(super) fn warmth(warm: bool) -> &'static str {
    if warm { "warm" } else { "cold" }
}

impl Data {
    /// Users with at least one test item, once for every window.
    #[must_use]
    pub fn test_users(&self) -> usize {
        self.windows.iter().flat_map(|window| window.test.rows()).filter(|row| !row.is_empty()).count()
    }

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
        let wanted: Vec<Event> = test.iter().map(event).collect();
        let timed = |lines: &[Line]| lines.iter().all(|line| line.at.is_some());
        let (train_is_timed, test_is_timed) = (timed(&train), timed(&test));
        // The lines with their ids take several times what the events take.
        drop((train, test));
        let asked = question(&events, train_is_timed, &wanted, test_is_timed, users.len());
        let mut training = match asked.now {
            Some(now) => TrainingData::as_of(now, n_rows, items.len(), events)?,
            None => TrainingData::from_events(n_rows, items.len(), &events)?,
        };
        if !train_is_timed {
            training.sequences = None;
        }
        let n_columns = items.len() + new_items.len();
        let wanted = wanted.iter().map(|event| (event.user, event.item, 1.0));
        let test = UserItems::from_triplets(n_rows, n_columns, wanted)?;
        let half_life_days =
            popularity_half_life(&training, &TuneOptions { cut: asked.cut, ..TuneOptions::new(SEED) })?;
        Ok(Self { windows: vec![Window::new(training, test)], cut: asked.cut, half_life_days })
    }
}
