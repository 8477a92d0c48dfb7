//! Measures the time of a list: requests one list for every member of a published snapshot, on one thread.
//!
//! `list_speed FOLDER [EXPLORE_SHARE [EXPOSURE_FLOOR]]`, with a folder of `published/` and the options of
//! `[recommend]`.

#![expect(clippy::print_stdout, reason = "what it measures is its output")]

use std::hint::black_box;
use std::time::Instant;

use zhihui_data::snapshot::{Manifest, decode};
use zhihui_engine::answer::{Language, RecommendRequest, Who};
use zhihui_engine::{Engine, ListOptions, Overlay};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: list_speed FOLDER")?;
    let manifest: Manifest = serde_json::from_slice(&std::fs::read(format!("{folder}/manifest.json"))?)?;
    let snapshot = decode(&std::fs::read(format!("{folder}/snapshot.bin"))?, &manifest)?;
    let (now, members) = (snapshot.as_of, snapshot.members.id.clone());
    let setting = |at: usize, default: f64| std::env::args().nth(at).map_or(Ok(default), |text| text.parse());
    let plain = ListOptions::default();
    let lists = ListOptions {
        explore_share: setting(2, plain.explore_share)?,
        exposure_floor: setting(3, plain.exposure_floor)?,
    };
    let engine = Engine::new(snapshot).with_list_options(lists);
    let overlay = Overlay::default();
    let ask = |member: &str| {
        let request = RecommendRequest {
            who: Who::Member(member),
            n: 10,
            kind: None,
            topic: None,
            exclude: &[],
            general: false,
            now,
            language: Language::Zh,
        };
        engine.recommend(&overlay, &request)
    };
    for _ in 0..3 {
        let began = Instant::now();
        let (mut listed, mut explored) = (0, 0);
        let mut each = Vec::with_capacity(members.len());
        for member in &members {
            let asked = Instant::now();
            let items = black_box(ask(member)).items;
            each.push(asked.elapsed());
            listed += items.len();
            explored += items.iter().filter(|item| item.explored).count();
        }
        let micros = began.elapsed().as_secs_f64() * 1e6 / members.len() as f64;
        each.sort_unstable();
        let median = each.get(each.len() / 2).map_or(0.0, |time| time.as_secs_f64() * 1e6);
        println!(
            "{} members, {listed} items listed, {explored} explored, {micros:.1} µs a list, median {median:.1} µs",
            members.len()
        );
    }
    Ok(())
}
