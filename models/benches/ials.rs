//! Benchmarks of implicit ALS on a seeded power-law matrix: fitting, folding in and scoring.

#![expect(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zhihui_models::{Recommender, UserItems, recommenders::ials::IalsParams};

const MEMBERS: usize = 10_000;
const ITEMS: usize = 4_000;
const ENTRIES: usize = 200_000;

fn power_law() -> UserItems {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut draw = |n: usize| ((n as f64).powf(rng.r#gen::<f64>().powf(0.7)) - 1.0) as u32;
    let entries: Vec<(u32, u32, f32)> = (0..ENTRIES).map(|_| (draw(MEMBERS), draw(ITEMS), 1.0)).collect();
    UserItems::from_triplets(MEMBERS, ITEMS, entries).unwrap()
}

fn ials(criterion: &mut Criterion) {
    let matrix = power_law();
    let mut group = criterion.benchmark_group("ials");
    group.sample_size(10);
    for factors in [32, 64, 128] {
        let params = IalsParams { factors, sweeps: 3, ..IalsParams::default() };
        let id = BenchmarkId::new("fit_3_sweeps_200k_entries", factors);
        group.bench_function(id, |bencher| bencher.iter(|| params.fit(black_box(&matrix), 1).unwrap()));
        let model = params.fit(&matrix, 1).unwrap();
        let id = BenchmarkId::new("fold_in", factors);
        group.bench_function(id, |bencher| bencher.iter(|| model.fold_in(black_box(matrix.row(100)))));
        let users: Vec<usize> = (0..128).collect();
        let histories: Vec<_> = users.iter().map(|&user| matrix.row(user)).collect();
        let mut scores = vec![0.0; users.len() * ITEMS];
        let id = BenchmarkId::new("score_128_members_4000_items", factors);
        group.bench_function(id, |bencher| bencher.iter(|| model.score_block(&users, &histories, &mut scores)));
    }
    group.finish();
}

criterion_group!(benches, ials);
criterion_main!(benches);
