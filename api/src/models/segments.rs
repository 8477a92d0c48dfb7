//! Formats interest segments and the map of interests.

use zhihui_engine::insight::{ModelInsight, SegmentInsight};

use super::format::percent;
use crate::web::chart::{Chart, Group};
use crate::web::labels;
use crate::web::locale::Locale;
use crate::web::numbers::grouped;

/// A segment, formatted.
pub(crate) struct SegmentView {
    pub(crate) name: String,
    pub(crate) topics: String,
    pub(crate) members: String,
    /// Shares of the age bands.
    pub(crate) ages: String,
    pub(crate) length: String,
}

/// The map of interests.
pub(crate) struct MapView {
    /// Cells of the map as JSON for the script.
    pub(crate) json: String,
    /// How many members are not drawn; empty if all are.
    pub(crate) left_out: String,
}

impl SegmentView {
    pub(crate) fn all(model: &ModelInsight, t: Locale) -> Vec<Self> {
        let most = model.segments.iter().map(|segment| segment.members).max().unwrap_or(0).max(1);
        let view = |segment: &SegmentInsight| Self {
            name: segment.name.clone(),
            topics: segment
                .topics
                .iter()
                .take(5)
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(t.common_list_separator()),
            members: grouped(f64::from(segment.members), 0),
            ages: ages(segment, t),
            length: format!("{:.2}", 100.0 * f64::from(segment.members) / f64::from(most)),
        };
        model.segments.iter().map(view).collect()
    }
}

fn ages(segment: &SegmentInsight, t: Locale) -> String {
    let of_all = f64::from(segment.members.max(1));
    let shown = segment.ages.iter().filter_map(|(band, members)| Some((band, (*members)?)));
    let shown =
        shown.map(|(band, members)| format!("{} {}", labels::known(band, t), percent(f64::from(members) / of_all, 0)));
    let mut shown: Vec<String> = shown.collect();
    let hidden = of_all - segment.ages.iter().filter_map(|(_, members)| *members).map(f64::from).sum::<f64>();
    if segment.ages.iter().any(|(_, members)| members.is_none()) {
        shown.push(t.models_other_ages(percent(hidden / of_all, 0)));
    }
    shown.join(t.common_list_separator())
}

impl MapView {
    pub(crate) fn of(model: &ModelInsight, t: Locale) -> Option<Self> {
        let map = model.map.as_ref().filter(|map| !map.cells.is_empty())?;
        let cells = |at: usize| {
            let own = map.cells.iter().filter(|cell| cell.segment == at);
            own.map(|cell| (cell.x, cell.y, cell.members)).collect::<Vec<_>>()
        };
        let groups = model.segments.iter().enumerate();
        let groups = groups.map(|(at, segment)| Group { name: segment.name.clone(), points: cells(at) });
        let json = Chart::Points { groups: groups.filter(|group| !group.points.is_empty()).collect() }.json();
        let left_out = match map.left_out {
            0 => String::new(),
            1..=9 => t.models_few_not_drawn().to_owned(),
            count => t.models_some_not_drawn(grouped(f64::from(count), 0)),
        };
        Some(Self { json, left_out })
    }
}
