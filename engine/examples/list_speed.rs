//! How long a list takes: every member of a published snapshot asks once, on one thread.
//!
//! `list_speed FOLDER`, a folder of `published/`.

#![expect(clippy::print_stdout, reason = "what it measures is its output")]

use std::hint::black_box;
use std::time::Instant;

use zhihui_data::snapshot::{Manifest, decode};
use zhihui_engine::answer::{Language, RecommendRequest, Who};
use zhihui_engine::{Engine, Overlay};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: list_speed FOLDER")?;
    let manifest: Manifest = serde_json::from_slice(&std::fs::read(format!("{folder}/manifest.json"))?)?;
    let snapshot = decode(&std::fs::read(format!("{folder}/snapshot.bin"))?, &manifest)?;
    let (now, members) = (snapshot.as_of, snapshot.members.id.clone());
    let engine = Engine::new(snapshot);
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
        let mut listed = 0;
        for member in &members {
            listed += black_box(ask(member)).items.len();
        }
        let micros = began.elapsed().as_secs_f64() * 1e6 / members.len() as f64;
        println!("{} members, {listed} items listed, {micros:.1} µs a list", members.len());
    }
    Ok(())
}
