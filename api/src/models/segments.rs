//! Interest segments: names, topics, sizes, ages, and the map.

use zhihui_engine::insight::{ModelInsight, SegmentInsight};

use super::percent;
use crate::pages::chart::{Chart, Group};
use crate::pages::report::grouped;
use crate::pages::tongue::Tongue;
use crate::pages::words;

/// One segment.
pub(super) struct SegmentView {
    pub(super) name: String,
    pub(super) topics: String,
    pub(super) members: String,
    /// Shares of the age bands, in a line.
    pub(super) ages: String,
    pub(super) length: String,
}

/// The map of interests.
pub(super) struct MapView {
    /// Cells as JSON for our script.
    pub(super) json: String,
    /// Who is not on it, in a sentence; empty where everybody is.
    pub(super) left_out: String,
}

impl SegmentView {
    pub(super) fn all(model: &ModelInsight, l: Tongue) -> Vec<Self> {
        let most = model.segments.iter().map(|segment| segment.members).max().unwrap_or(0).max(1);
        let view = |segment: &SegmentInsight| Self {
            name: segment.name.clone(),
            topics: segment.topics.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(l.say("、", ", ")),
            members: grouped(f64::from(segment.members), 0),
            ages: ages(segment, l),
            length: format!("{:.2}", 100.0 * f64::from(segment.members) / f64::from(most)),
        };
        model.segments.iter().map(view).collect()
    }
}

fn ages(segment: &SegmentInsight, l: Tongue) -> String {
    let of_all = f64::from(segment.members.max(1));
    let told = segment.ages.iter().filter_map(|(band, members)| Some((band, (*members)?)));
    let told =
        told.map(|(band, members)| format!("{} {}", words::known(band, l), percent(f64::from(members) / of_all, 0)));
    let mut told: Vec<String> = told.collect();
    let hidden = of_all - segment.ages.iter().filter_map(|(_, members)| *members).map(f64::from).sum::<f64>();
    if segment.ages.iter().any(|(_, members)| members.is_none()) {
        told.push(format!("{} {}", l.say("其余(各段人少,合并)", "the rest, few each"), percent(hidden / of_all, 0)));
    }
    told.join(l.say("、", ", "))
}

impl MapView {
    pub(super) fn of(model: &ModelInsight, l: Tongue) -> Option<Self> {
        let map = model.map.as_ref().filter(|map| !map.cells.is_empty())?;
        let cells = |at: usize| {
            let own = map.cells.iter().filter(|cell| cell.segment == at);
            own.map(|cell| (cell.x, cell.y, cell.members)).collect::<Vec<_>>()
        };
        let groups = model.segments.iter().enumerate();
        let groups = groups.map(|(at, segment)| Group { name: segment.name.clone(), points: cells(at) });
        let json = Chart::Points { groups: groups.filter(|group| !group.points.is_empty()).collect() }.json();
        let left_out = match (map.left_out, l.tag()) {
            (0, _) => String::new(),
            (1..=9, "en") => "A few members lie in squares of fewer than ten people, which are not drawn.".to_owned(),
            (1..=9, _) => "另有几名会员落在不足 10 人的格子里,没有画出。".to_owned(),
            (n, "en") => format!(
                "{} members lie in squares of fewer than ten people, which are not drawn.",
                grouped(f64::from(n), 0)
            ),
            (n, _) => format!("另有 {} 人落在不足 10 人的格子里,没有画出。", grouped(f64::from(n), 0)),
        };
        Some(Self { json, left_out })
    }
}
