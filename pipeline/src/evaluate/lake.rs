//! Test windows of the lake: models are fitted on data before a window and measured on new interactions in it.

use std::sync::Arc;

use zhihui_data::snapshot::{EventKind, NONE, Snapshot};
use zhihui_engine::event_weight;
use zhihui_models::catalogue::TrainingData;
use zhihui_models::evaluation::{Event, ValidationCut, test_users, time_cut};
use zhihui_models::profile::popularity::{GroupEvent, GroupPopularity, decayed_weight};
use zhihui_models::recommenders::segment_popularity::SegmentPopularity;
use zhihui_models::tuning::{TuneOptions, popularity_half_life};
use zhihui_models::{ModelError, UserItems};

use super::EvaluateError;
use super::data::{Data, Window};
use crate::train::{DAY, busy_period};

/// Maximum number of test users of a window. More only narrow the interval.
const MAX_TEST_USERS: usize = 20_000;
/// Maximum number of validation windows of tuning.
const MAX_VALIDATED: i64 = 8;

impl Data {
    /// Creates up to `limit` windows of a week at the end of the lake, or shorter ones if the history is short. The
    /// first half of the history has no window.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] without history.
    pub fn from_snapshot(snapshot: &Snapshot, limit: usize, seed: u64) -> Result<Self, EvaluateError> {
        let (first, until) = span(snapshot)?;
        let length = ((until - first) / 6).min(7 * DAY);
        let count = ((until - first) / 2 / length).clamp(1, limit.max(1) as i64);
        Self::of_windows(snapshot, (first, until), length, count, seed)
    }

    /// Creates windows of `every` days over the last `weeks`, each with the data at its start, as nightly runs would
    /// have had them. The first half of the history has no window.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] without history.
    pub fn of_nights(snapshot: &Snapshot, weeks: usize, every: usize, seed: u64) -> Result<Self, EvaluateError> {
        let (first, until) = span(snapshot)?;
        let length = (every.max(1) as i64 * DAY).min((until - first) / 6);
        let span_seconds = (weeks.max(1) as i64 * 7 * DAY).min((until - first) / 2);
        Self::of_windows(snapshot, (first, until), length, (span_seconds / length).max(1), seed)
    }

    fn of_windows(
        snapshot: &Snapshot,
        (first, until): (i64, i64),
        length: i64,
        count: i64,
        seed: u64,
    ) -> Result<Self, EvaluateError> {
        let lake = Lake::new(snapshot)?;
        let windows =
            (0..count).rev().map(|back| lake.window(until - (back + 1) * length, until - back * length, seed));
        let mut windows: Vec<Window> = windows.collect::<Result<_, _>>()?;
        // Validation windows before the tested ones, as long as half of the earlier history remains.
        let validated = ((until - count * length - first) / 2 / length).clamp(1, MAX_VALIDATED);
        let cut = ValidationCut::Spans { seconds: length, max_spans: validated as usize };
        let options = TuneOptions { cut, ..TuneOptions::new(seed) };
        let half_life_days =
            windows.first().map(|first| popularity_half_life(&first.training, &options)).transpose()?;
        let half_life_days = half_life_days.flatten();
        for window in &mut windows {
            let now = window.span.map_or(until, |[from, _]| from);
            window.training.segments = Some(lake.segments(now, half_life_days)?);
        }
        Ok(Self { windows, cut, half_life_days })
    }
}

/// Returns the start and end of the history.
fn span(snapshot: &Snapshot) -> Result<(i64, i64), ModelError> {
    let nothing =
        || ModelError::NotEnoughData("no reads or sign-ups; run `zhihui ingest` and `zhihui build` first".into());
    busy_period(snapshot).filter(|(first, until)| until - first >= 6).ok_or_else(nothing)
}

struct Lake<'a> {
    snapshot: &'a Snapshot,
    /// Shared by all windows.
    events: Arc<Vec<Event>>,
    attributes: UserItems,
    bands: Vec<String>,
    union_sizes: Vec<String>,
}

impl<'a> Lake<'a> {
    fn new(snapshot: &'a Snapshot) -> Result<Self, ModelError> {
        let history = &snapshot.history;
        let mut events = Vec::new();
        for member in (0..snapshot.members.id.len()).filter(|&member| snapshot.members.personalised[member]) {
            let withdrawn = history.withdrawn(member, i64::MAX);
            for at in history.of(member) {
                let weight = event_weight(history.kind(at), history.weight_of(at));
                let is_withdrawn = history.kind(at) == EventKind::SignUp && withdrawn.contains(&history.item(at));
                if weight > 0.0 && history.kind(at) != EventKind::Attended && !is_withdrawn {
                    events.push(Event { user: member as u32, item: history.item(at), weight, at: history.at(at) });
                }
            }
        }
        let n_items = snapshot.items.id.len();
        let topics = (0..n_items)
            .flat_map(|item| snapshot.items.topics.row(item).iter().map(move |&topic| (item as u32, topic, 1.0)));
        let attributes = UserItems::from_triplets(n_items, snapshot.topics.len(), topics)?;
        let bands = snapshot.members.age_band.iter().map(|&band| snapshot.age_bands.label(usize::from(band))).collect();
        events.shrink_to_fit();
        Ok(Self { snapshot, events: Arc::new(events), attributes, bands, union_sizes: union_sizes(snapshot) })
    }

    fn window(&self, from: i64, until: i64, seed: u64) -> Result<Window, ModelError> {
        let (n_members, n_items) = (self.snapshot.members.id.len(), self.snapshot.items.id.len());
        let all = time_cut(n_members, n_items, &self.events, from, until)?.test;
        let mut training = TrainingData::as_of(from, n_members, n_items, Arc::clone(&self.events))?;
        if self.attributes.n_entries() > 0 {
            training = training.with_attributes(self.attributes.clone())?;
        }
        let chosen = test_users(&all, MAX_TEST_USERS, seed);
        let test = all.filter(|user, _| chosen.binary_search(&(user as u32)).is_ok());
        let mut window = Window::new(training, test);
        window.span = Some([from, until]);
        window.slices.insert("age_band".to_owned(), self.bands.clone());
        window.slices.insert("union_size".to_owned(), self.union_sizes.clone());
        Ok(window)
    }

    /// Returns recent popularity by age band before `now`, which members without a history get.
    fn segments(&self, now: i64, half_life_days: Option<f64>) -> Result<SegmentPopularity, ModelError> {
        let half_life = half_life_days.map_or(f64::INFINITY, |days| days * DAY as f64);
        let segments: Vec<Option<u32>> =
            self.snapshot.members.age_band.iter().map(|&band| Some(u32::from(band))).collect();
        let sightings = self.events.iter().filter(|event| event.at < now).map(|event| GroupEvent {
            item: event.item,
            weight: decayed_weight((now - event.at) as f64, half_life),
            group: segments[event.user as usize],
        });
        let popularity =
            GroupPopularity::fit(self.snapshot.items.id.len(), self.snapshot.age_bands.count(), sightings)?;
        Ok(SegmentPopularity { popularity, segments })
    }
}

/// Returns the size class of the union of each member.
fn union_sizes(snapshot: &Snapshot) -> Vec<String> {
    let mut sizes = vec![0_u32; snapshot.unions.id.len()];
    let unions = &snapshot.members.union;
    unions.iter().filter(|&&union| union != NONE).for_each(|&union| sizes[union as usize] += 1);
    let label = |&union: &u32| match sizes.get(union as usize) {
        None => "unknown",
        Some(0..10) => "1-9",
        Some(10..100) => "10-99",
        Some(100..1000) => "100-999",
        Some(_) => "1000+",
    };
    unions.iter().map(|union| label(union).to_owned()).collect()
}
