//! Measures look-alikes on a published snapshot: hides half of the members who responded to an item in the last three
//! weeks, and looks for them among the look-alikes of the other half.
//!
//! `cargo run --release -p zhihui-engine --example look_alikes_backtest -- HOME/published/current`
//!
//! The members' vectors, preferences and activity are those before the three weeks. The items' vectors have seen them.

#![expect(clippy::print_stdout, reason = "an example prints to standard output")]

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::PathBuf;

use zhihui_data::snapshot::{EventColumns, EventKind, Manifest, Snapshot, SparseRows, decode};
use zhihui_engine::audience::{LookAlikeWidth, LookAlikesRequest, Seed};
use zhihui_engine::{Engine, Language, Overlay, attention_weight, interaction_weight};

const DAY: i64 = 86_400;
const DAYS: i64 = 21;
/// Items with fewer responders are left out, and this number of items is tested.
const MIN_RESPONDERS: usize = 80;
const ITEMS: usize = 40;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("pass the folder of a published snapshot")?);
    let manifest: Manifest = serde_json::from_slice(&std::fs::read(folder.join("manifest.json"))?)?;
    let mut snapshot = decode(&std::fs::read(folder.join("snapshot.bin"))?, &manifest)?;
    let from = snapshot.as_of - DAYS * DAY;
    let responders = cut(&mut snapshot, from);
    let mut engine = Engine::new(snapshot);
    // Computes all vectors from the shortened histories.
    engine.fold_in_since(i64::MIN);
    let (overlay, now) = (Overlay::default(), engine.snapshot().as_of);
    let snapshot = engine.snapshot();
    let is_known = |&row: &usize| snapshot.members.follows[row] && snapshot.members.personalised[row];
    let tested = responders.values().filter(|rows| rows.iter().filter(|row| is_known(row)).count() >= MIN_RESPONDERS);
    let mut found = BTreeMap::<LookAlikeWidth, (f64, f64)>::new();
    let mut items = 0.0;
    for rows in tested.take(ITEMS) {
        let ids = |parity: usize| -> Vec<String> {
            rows.iter().skip(parity).step_by(2).map(|&row| snapshot.members.id[row].clone()).collect()
        };
        let hidden: BTreeSet<String> = ids(1).into_iter().collect();
        let mut is_counted = true;
        for width in LookAlikeWidth::ALL {
            let request = LookAlikesRequest {
                seed: Seed::Members(ids(0)),
                width,
                within: None,
                now,
                exclusions: Vec::new(),
                sample: usize::MAX,
                language: Language::En,
            };
            let Ok(listed) = engine.look_alikes(&overlay, &request, &|_| None, &|| false) else {
                is_counted = false;
                break;
            };
            let candidates = listed.base - listed.unranked;
            let hits = listed.sample.iter().filter(|member| hidden.contains(&member.member_id)).count();
            let (share, chance) = found.entry(width).or_default();
            *share += hits as f64 / hidden.len() as f64;
            *chance += listed.sample.len() as f64 / candidates as f64;
        }
        items += f64::from(u8::from(is_counted));
    }
    println!("{items} items; share of the hidden half among the look-alikes of the other half:");
    for (width, (share, chance)) in found {
        let (share, chance) = (100.0 * share / items, 100.0 * chance / items);
        println!("{:>7}: {share:.1} %, by chance at most {chance:.1} %", width.as_str());
    }
    Ok(())
}

/// Removes all events from `from` on, and returns the members who responded to each item since then.
fn cut(snapshot: &mut Snapshot, from: i64) -> BTreeMap<u32, Vec<usize>> {
    let mut responders = BTreeMap::<u32, Vec<usize>>::new();
    let mut history = EventColumns { starts: vec![0], ..EventColumns::default() };
    let half_life = snapshot.model.preferences.half_life_days;
    let mut evidence = Vec::new();
    for member in 0..snapshot.members.id.len() {
        let mut by_topic = BTreeMap::<u32, f32>::new();
        for at in snapshot.history.of(member) {
            let (item, kind, when) = (snapshot.history.item(at), snapshot.history.kind(at), snapshot.history.at(at));
            let is_own = interaction_weight(kind) > 0.0 && kind != EventKind::Attended;
            if when >= from {
                let known = responders.entry(item).or_default();
                if is_own && known.last() != Some(&member) {
                    known.push(member);
                }
                continue;
            }
            let topics = snapshot.items.topics.row(item as usize);
            let decay = (-((from - when) as f32) / DAY as f32 / half_life).exp2();
            let weight = attention_weight(kind, snapshot.history.weight_of(at)) * decay / topics.len().max(1) as f32;
            let open = topics.iter().filter(|topic| weight > 0.0 && !snapshot.sensitive_topics.contains(topic));
            open.for_each(|&topic| *by_topic.entry(topic).or_default() += weight);
            history.item.push(item);
            history.kind.push(kind);
            history.at.push(when);
            history.weight.push(snapshot.history.weight_of(at));
        }
        history.starts.push(history.item.len() as u64);
        evidence.push(by_topic.into_iter().collect::<Vec<_>>());
    }
    snapshot.history = history.into();
    snapshot.model.preferences.evidence = SparseRows::from_rows(evidence);
    responders
}
