//! Figures about the responses to pushes.

use std::collections::{BTreeMap, HashMap, HashSet};

use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use zhihui_engine::report::LARGE_ARM_SIZE;

use super::Counts;
use super::batch::{Column, batch, figure, figures};
use super::days::Marks;
use super::responses::{Response, files_with_pushes};
use super::sign_ups::{middle, seconds};
use super::view::Micros;
use crate::report::columns::{Kind, NONE};

/// Number of distinct members of responses.
fn people<'a>(counts: &Counts, responses: impl Iterator<Item = &'a Response>) -> i64 {
    let mut is_counted = Marks::new(1, counts.columns.members.ids.len());
    responses.map(|response| is_counted.first_time(0, response.row as usize)).sum()
}

/// Number of pushes to few members of which few took a step or few did not.
fn revealing<'a>(
    counts: &Counts,
    responses: impl Iterator<Item = &'a Response>,
    took_step: impl Fn(&Response) -> bool,
) -> i64 {
    let mut pushes: HashMap<u32, (i64, i64)> = HashMap::new();
    // Responses of a push follow each other.
    let mut last = (NONE, (0, 0));
    for response in responses {
        if response.push != last.0 {
            add(&mut pushes, last);
            last = (response.push, (0, 0));
        }
        last.1.0 += 1;
        last.1.1 += i64::from(took_step(response));
    }
    add(&mut pushes, last);
    let is_few = |people: i64| (1..counts.options.min_people).contains(&people);
    let is_revealing =
        |&&(pushed, took): &&(i64, i64)| pushed < LARGE_ARM_SIZE as i64 && (is_few(took) || is_few(pushed - took));
    pushes.values().filter(is_revealing).count() as i64
}

/// Adds the members of a push, and those of them who took the step.
fn add(pushes: &mut HashMap<u32, (i64, i64)>, (push, (pushed, took)): (u32, (i64, i64))) {
    let of_push = pushes.entry(push).or_default();
    *of_push = (of_push.0 + pushed, of_push.1 + took);
}

/// `pushing.sql`.
pub(super) fn pushing(counts: &Counts, responses: &[Response]) -> Result<RecordBatch, ArrowError> {
    let of = |is_article: bool| {
        responses
            .iter()
            .filter(move |response| response.is_pushed && response.is_judged && response.is_article == is_article)
    };
    let (articles, others) = (|| of(true), || of(false));
    figures(&[
        ("articles_pushed", articles().count() as i64),
        ("articles_pushed_read", articles().filter(|response| response.has_read()).count() as i64),
        ("activities_pushed", others().count() as i64),
        ("activities_pushed_signed_up", others().filter(|response| response.has_signed_up).count() as i64),
        ("push_readers", people(counts, articles().filter(|response| response.has_read()))),
        ("push_signers", people(counts, others().filter(|response| response.has_signed_up))),
        ("push_non_readers", people(counts, articles().filter(|response| !response.has_read()))),
        ("push_non_signers", people(counts, others().filter(|response| !response.has_signed_up))),
        ("revealing_article_pushes", revealing(counts, articles(), |response| response.has_read())),
        ("revealing_activity_pushes", revealing(counts, others(), |response| response.has_signed_up)),
    ])
}

/// `arms.sql`.
pub(super) fn arms(counts: &Counts, responses: &[Response]) -> Result<RecordBatch, ArrowError> {
    let mut arms: HashMap<u32, [bool; 2]> = HashMap::new();
    for responses in responses.chunk_by(|one, next| (one.push, one.is_pushed) == (next.push, next.is_pushed)) {
        if responses.iter().any(|response| response.is_judged) {
            arms.entry(responses[0].push).or_default()[usize::from(responses[0].is_pushed)] = true;
        }
    }
    let members = |is_article: bool, is_pushed: bool| {
        people(
            counts,
            responses.iter().filter(|response| {
                let is_in_arm = response.is_article == is_article && response.is_pushed == is_pushed;
                is_in_arm && response.is_judged && arms.get(&response.push) == Some(&[true; 2])
            }),
        )
    };
    figures(&[
        ("article_pushed_people", members(true, true)),
        ("article_held_out_people", members(true, false)),
        ("other_pushed_people", members(false, true)),
        ("other_held_out_people", members(false, false)),
    ])
}

/// `push_delays.sql`.
pub(super) fn push_delays(responses: &[Response]) -> Result<RecordBatch, ArrowError> {
    let judged = responses.iter().filter(|response| response.is_pushed && response.is_judged && response.is_article);
    let mut seconds: Vec<i64> = judged.filter_map(Response::read_after_seconds).collect();
    seconds.sort_unstable();
    let middle = |at: usize| seconds.get(at).copied().unwrap_or_default();
    let n = seconds.len();
    let hours = (n > 0).then(|| (middle((n - 1) / 2) + middle(n / 2)) as f64 / 7200.0);
    figure("push_read_hours", hours)
}

/// `sign_up_delays.sql`.
pub(super) fn sign_up_delays(
    counts: &Counts,
    period: Micros,
    responses: &[Response],
) -> Result<RecordBatch, ArrowError> {
    /// Push and row of a member.
    type Answered = (u32, usize);
    let answers = responses
        .iter()
        .filter(|response| response.is_pushed && response.is_judged && !response.is_article && response.has_signed_up);
    let mut items: HashMap<Answered, Vec<u32>> = HashMap::new();
    let mut has_answered = vec![false; counts.columns.members.ids.len()];
    for response in answers {
        has_answered[response.row as usize] = true;
        items.entry((response.push, response.row as usize)).or_default().push(response.item);
    }
    let mut sent: HashMap<Answered, i64> = HashMap::new();
    let known = counts.known(period);
    for events in files_with_pushes(counts, known).filter(|_| !items.is_empty()) {
        counts.view.each_of_file(events, known, |_, event| {
            if event.kind == Kind::Push
                && has_answered[event.row]
                && let Some(push) = event.push()
                && items.contains_key(&(push, event.row))
            {
                sent.entry((push, event.row)).and_modify(|at| *at = event.at.min(*at)).or_insert(event.at);
            }
        });
    }
    let mut signed_up: HashMap<(usize, u32), Vec<i64>> = HashMap::new();
    for item in items.values().flatten().copied().collect::<HashSet<u32>>() {
        counts.view.each_of_item(&counts.columns, item, (period.0, counts.options.as_of), |event| {
            if event.kind == Kind::SignUp {
                signed_up.entry((event.row, item)).or_default().push(event.at);
            }
        });
    }
    let delay = |(answered, items): (&Answered, &Vec<u32>)| {
        let sent_at = *sent.get(answered)?;
        let times = items.iter().filter_map(|item| signed_up.get(&(answered.1, *item))).flatten();
        times.filter(|at| **at >= sent_at).map(|at| seconds(*at) - seconds(sent_at)).min()
    };
    figure("push_sign_up_hours", middle(items.iter().filter_map(delay).collect(), 3600.0))
}

/// `funnel.sql`.
pub(super) fn funnel(counts: &Counts, responses: &[Response]) -> Result<RecordBatch, ArrowError> {
    let pushed = || responses.iter().filter(|response| response.is_pushed);
    figures(&[
        ("pushed", people(counts, pushed())),
        ("read_it", people(counts, pushed().filter(|response| response.has_read()))),
        ("signed_up", people(counts, pushed().filter(|response| response.has_signed_up))),
        ("attended", people(counts, pushed().filter(|response| response.has_attended))),
        ("revealing_read", revealing(counts, pushed(), |response| response.has_read())),
        ("revealing_signed_up", revealing(counts, pushed(), |response| response.has_signed_up)),
        ("revealing_attended", revealing(counts, pushed(), |response| response.has_attended)),
    ])
}

/// Members and responses of a push.
#[derive(Default)]
struct PushCounts<'a> {
    title: &'a str,
    is_sign_up: bool,
    pushed: i64,
    pushed_responded: i64,
    held_out: i64,
    held_out_responded: i64,
}

/// `uplift.sql`.
pub(super) fn uplift(counts: &Counts, responses: &[Response]) -> Result<RecordBatch, ArrowError> {
    let columns = &counts.columns;
    let mut pushes: BTreeMap<&str, PushCounts<'_>> = BTreeMap::new();
    // Responses to a push about an item follow each other.
    for responses in responses.chunk_by(|one, next| (one.push, one.item) == (next.push, next.item)) {
        let Some(push) = columns.push_ids.text(responses[0].push) else { continue };
        let id = columns.item_ids.text(responses[0].item).unwrap_or_default();
        let title = columns.items.get(responses[0].item).and_then(|item| item.title.as_deref()).unwrap_or(id);
        let mut judged = responses.iter().filter(|response| response.is_judged).peekable();
        if judged.peek().is_none() {
            continue;
        }
        let counts = pushes.entry(push).or_default();
        counts.title = counts.title.max(title);
        for response in judged {
            counts.is_sign_up |= !response.is_article;
            let has_responded = if response.is_article { response.has_read() } else { response.has_signed_up };
            if response.is_pushed {
                counts.pushed += 1;
                counts.pushed_responded += i64::from(has_responded);
            } else {
                counts.held_out += 1;
                counts.held_out_responded += i64::from(has_responded);
            }
        }
    }
    let mut rows: Vec<(&str, PushCounts<'_>)> = pushes.into_iter().collect();
    let shown = |people: i64| if people >= counts.options.min_people { people } else { 0 };
    rows.sort_by_key(|(_, counts)| std::cmp::Reverse(shown(counts.pushed)));
    let number = |count: fn(&PushCounts<'_>) -> i64| Column::Count(rows.iter().map(|(_, row)| count(row)).collect());
    let response = |row: &PushCounts<'_>| if row.is_sign_up { "sign_up" } else { "read" };
    batch(vec![
        ("push_id", Column::Text(rows.iter().map(|(push, _)| Some((*push).to_owned())).collect())),
        ("title", Column::Text(rows.iter().map(|(_, row)| Some(row.title.to_owned())).collect())),
        ("response", Column::Text(rows.iter().map(|(_, row)| Some(response(row).to_owned())).collect())),
        ("pushed", number(|row| row.pushed)),
        ("pushed_responded", number(|row| row.pushed_responded)),
        ("held_out", number(|row| row.held_out)),
        ("held_out_responded", number(|row| row.held_out_responded)),
    ])
}
