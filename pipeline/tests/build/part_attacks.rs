//! Attacks on parts of the account: what follows about groups of members in a month from all reports on these parts.

use std::collections::BTreeSet;

use serde_json::Value;
use zhihui_engine::report::MinGroupSize;

use super::attacker::{Knowledge, Terms, few_of, less, sum};
use super::published::{By, FIGURES, Number};
use super::random_town::{ACTIVITIES, ARTICLES, BANDS, DISTRICTS, PARENTS};
use super::report_family::{Shown, day};

/// A union, an age band and a district.
type Cell = (usize, &'static str, &'static str);

/// Measures of members, and how they depend on each other among any members.
#[derive(Default)]
pub(crate) struct Subject {
    measures: BTreeSet<String>,
    /// People of whom the second ones include the first ones.
    included: Vec<(String, String)>,
    /// Sums that are 0.
    zero: Vec<Terms>,
    /// Sums that are at least 0.
    not_negative: Vec<Terms>,
}

impl Subject {
    /// What members did with items: numbers of times, the people who did it, and both by item and topic.
    pub(crate) fn acts(times: &str, people: &str) -> Self {
        let mut subject = Self::default();
        subject.add("active", "members");
        match people {
            "readers" | "sharers" => subject.add(people, "active"),
            "attendees" => {
                subject.add(people, "signers");
                subject.add("signers", "members");
            }
            _ => subject.add(people, "members"),
        }
        subject.add_times(times, people);
        let articles = || ARTICLES.iter().map(|(article, topics)| (*article, *topics));
        let activities = || ACTIVITIES.iter().map(|(activity, topics)| (*activity, *topics));
        let items: Vec<(&str, &[&str])> = match people {
            "readers" | "sharers" => articles().collect(),
            "raters" => articles().chain(activities()).chain([("", &[][..])]).collect(),
            _ => activities().collect(),
        };
        let topics = if ["readers", "raters"].contains(&people) { &["tea", "milk"][..] } else { &[] };
        for topic in topics {
            let of_topic: Vec<&str> =
                items.iter().filter(|(_, topics)| topics.contains(topic)).map(|(item, _)| *item).collect();
            subject.add_union((times, people), Some(topic), &of_topic);
        }
        let all: Vec<&str> = items.iter().map(|(item, _)| *item).collect();
        subject.add_union((times, people), None, &all);
        subject
    }

    /// Those who are active for the first time, still, again and no more.
    pub(crate) fn lifecycle() -> Self {
        let mut subject = Self::default();
        subject.add("active", "members");
        for part in ["first_active", "still_active", "active_again"] {
            subject.add(part, "active");
        }
        subject.add("gone_quiet", "members");
        let parts = sum(["first_active", "still_active", "active_again"].map(str::to_owned));
        subject.zero.push(less(&sum(["active".to_owned()]), &parts));
        let quiet = sum(["active", "gone_quiet"].map(str::to_owned));
        subject.not_negative.push(less(&sum(["members".to_owned()]), &quiet));
        subject
    }

    /// What became of sign-ups: by activity, members who came, are absent or wait.
    pub(crate) fn seats() -> Self {
        let mut subject = Self::default();
        subject.add("signers", "members");
        for (activity, _) in ACTIVITIES {
            let of = |measure: &str| format!("{measure} of {activity}");
            subject.add(&of("signers"), "signers");
            let parts = ["attendees", "absentees", "waiting"].map(of);
            parts.iter().for_each(|part| subject.add(part, &of("signers")));
            subject.not_negative.push(less(&sum([of("signers")]), &sum(parts)));
        }
        subject
    }

    /// Parts of the members that do not depend on each other.
    pub(crate) fn standing() -> Self {
        let mut subject = Self::default();
        for part in ["reachable", "opted_out", "pushed", "held_out"] {
            subject.add(part, "members");
        }
        subject
    }

    fn add(&mut self, inner: &str, outer: &str) {
        self.measures.extend([inner.to_owned(), outer.to_owned()]);
        self.included.push((inner.to_owned(), outer.to_owned()));
    }

    /// Adds that people did something at least once each.
    fn add_times(&mut self, times: &str, people: &str) {
        self.measures.extend([times.to_owned(), people.to_owned()]);
        self.not_negative.push(less(&sum([times.to_owned()]), &sum([people.to_owned()])));
    }

    /// Adds the people of a topic, or of everything, who are those of its items.
    fn add_union(&mut self, (times, people): (&str, &str), topic: Option<&str>, items: &[&str]) {
        let of = |measure: &str, part: &str| format!("{measure} of {part}");
        let whole = |measure: &str| topic.map_or_else(|| measure.to_owned(), |topic| of(measure, topic));
        for item in items {
            self.add(&of(people, item), &whole(people));
            self.add_times(&of(times, item), &of(people, item));
        }
        if topic.is_some() {
            self.add(&whole(people), people);
            self.add_times(&whole(times), &whole(people));
        }
        let of_items = |measure: &str| sum(items.iter().map(|item| of(measure, item)));
        self.zero.push(less(&sum([whole(times)]), &of_items(times)));
        self.not_negative.push(less(&of_items(people), &sum([whole(people)])));
    }
}

fn cells() -> Vec<Cell> {
    let of_union = |union| BANDS.iter().flat_map(move |band| DISTRICTS.map(|district| (union, band.0, district)));
    (0..PARENTS.len()).flat_map(of_union).collect()
}

pub(crate) fn is_within(union: usize, top: &str) -> bool {
    format!("u{union}") == top || PARENTS[union].is_some_and(|parent| is_within(parent, top))
}

/// The groups of the fixed hierarchies, each with its cells: all, unions with and without those below, bands and districts.
fn groups() -> Vec<(String, Vec<Cell>)> {
    let mut groups: Vec<(String, Vec<Cell>)> = vec![("all".to_owned(), cells())];
    let mut add = |name: String, is_in: &dyn Fn(&Cell) -> bool| {
        groups.push((name.clone(), cells().into_iter().filter(is_in).collect()));
        groups.push((format!("all but {name}"), cells().into_iter().filter(|cell| !is_in(cell)).collect()));
    };
    for union in 0..PARENTS.len() {
        add(format!("u{union}"), &|cell| is_within(cell.0, &format!("u{union}")));
        add(format!("u{union} alone"), &|cell| cell.0 == union);
    }
    BANDS.iter().for_each(|band| add(band.0.to_owned(), &|cell| cell.1 == band.0));
    DISTRICTS.iter().for_each(|district| add((*district).to_owned(), &|cell| cell.2 == *district));
    groups
}

/// The same sum of measures among the members of some cells.
fn among(terms: &Terms, cells: &[Cell]) -> Terms {
    let of_cell = |cell: &Cell| {
        let cell = format!("{cell:?}");
        terms.iter().map(move |(factor, measure)| (*factor, format!("{measure} of {cell}")))
    };
    cells.iter().flat_map(of_cell).collect()
}

fn of(measure: &str, cells: &[Cell]) -> Terms {
    among(&sum([measure.to_owned()]), cells)
}

/// The measure of a number: narrowed to the item or the topic of its row.
fn measure_of(measure: &str, number: &Number) -> String {
    let item = number.by.iter().find(|(by, _)| matches!(by, By::Item | By::Topic));
    item.map_or_else(|| measure.to_owned(), |(_, item)| format!("{measure} of {item}"))
}

/// What follows about groups of members in February.
pub(crate) fn few_in_parts(reports: &[Shown], subject: &Subject, min_size: MinGroupSize) -> Vec<String> {
    let mut known = Knowledge::default();
    for cell in cells() {
        for terms in &subject.zero {
            known.equal(&among(terms, &[cell]), 0.0);
        }
        let included = subject.included.iter().map(|(inner, outer)| less(&sum([outer.clone()]), &sum([inner.clone()])));
        for terms in subject.not_negative.iter().cloned().chain(included) {
            known.not_negative(&among(&terms, &[cell]));
        }
    }
    for shown in reports.iter().filter(|shown| shown.from == day("2026-02-01") && shown.to == day("2026-03-01")) {
        let filter = |name: &str| shown.report.filters.get(name).and_then(Value::as_str);
        let in_scope = |cell: &Cell| {
            filter("union").is_none_or(|union| is_within(cell.0, union))
                && filter("age_band").is_none_or(|band| cell.1 == band)
                && filter("district").is_none_or(|district| cell.2 == district)
        };
        for figure in FIGURES.iter().filter(|figure| !figure.is_by(By::Day)) {
            for number in figure.numbers(&shown.report) {
                let measure = measure_of(figure.measure, &number);
                let is_in = |cell: &Cell| {
                    in_scope(cell)
                        && number.by.iter().all(|(by, name)| match by {
                            By::Union => is_within(cell.0, name),
                            By::AgeBand => cell.1 == name,
                            By::Item | By::Topic | By::Day => true,
                        })
                };
                if subject.measures.contains(&measure) {
                    known.equal(&of(&measure, &cells().into_iter().filter(is_in).collect::<Vec<Cell>>()), number.value);
                }
            }
        }
    }
    let mut asked: Vec<(String, Terms)> = Vec::new();
    for (name, cells) in groups() {
        asked.extend(subject.measures.iter().map(|measure| (format!("{measure} in {name}"), of(measure, &cells))));
        asked.extend(subject.included.iter().map(|(inner, outer)| {
            (format!("{outer} but not {inner} in {name}"), less(&of(outer, &cells), &of(inner, &cells)))
        }));
    }
    few_of(known, &asked, min_size)
}
