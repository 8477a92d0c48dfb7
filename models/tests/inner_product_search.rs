//! Inner-product search returns the same lists as scoring all items.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use proptest::prelude::{Strategy, prop, prop_assert_eq, proptest};
use zhihui_models::evaluation::recommend;
use zhihui_models::top_k::top_k;
use zhihui_models::{InnerProductModel, Recommender, Row, UserItems};

/// Vectors whose inner products are exact in single precision, so that ties are exact.
#[derive(Debug)]
struct Exact {
    width: usize,
    users: Vec<f32>,
    items: Vec<f32>,
}

impl Recommender for Exact {
    fn n_items(&self) -> usize {
        self.items.len() / self.width
    }

    fn score_into(&self, user: Option<usize>, history: Row<'_>, scores: &mut [f32]) {
        let mut vector = vec![0.0; self.width];
        self.write_user_vector(user, history, &mut vector);
        for (score, item) in scores.iter_mut().zip(self.items.chunks(self.width)) {
            *score = vector.iter().zip(item).map(|(left, right)| left * right).sum();
        }
    }

    fn inner_product_model(&self) -> Option<&dyn InnerProductModel> {
        Some(self)
    }
}

impl InnerProductModel for Exact {
    fn width(&self) -> usize {
        self.width
    }

    fn item_vector(&self, item: usize) -> &[f32] {
        &self.items[item * self.width..][..self.width]
    }

    fn write_user_vector(&self, user: Option<usize>, _history: Row<'_>, vector: &mut [f32]) {
        vector.copy_from_slice(&self.users[user.unwrap() * self.width..][..self.width]);
    }
}

/// Small integers, each vector multiplied by a power of two, so that lengths vary as between popular and rare items.
fn vectors(width: usize, count: usize) -> impl Strategy<Value = Vec<f32>> {
    let vector = (prop::collection::vec(-2_i8..=2, width), 0..8_i32);
    prop::collection::vec(vector, count).prop_map(|vectors| {
        let scaled = vectors
            .into_iter()
            .flat_map(|(vector, power)| vector.into_iter().map(move |value| f32::from(value) * 2_f32.powi(-power)));
        scaled.collect()
    })
}

fn case() -> impl Strategy<Value = (Exact, UserItems, usize)> {
    let shape = (prop::sample::select(vec![1, 3, 31, 32, 33, 70]), 1..20_usize, 1..200_usize, 1..25_usize);
    shape.prop_flat_map(|(width, n_users, n_items, k)| {
        let seen =
            prop::collection::btree_set((0..n_users as u32, 0..n_items as u32), 1..100.min(n_users * n_items + 1));
        (vectors(width, n_users), vectors(width, n_items), seen).prop_map(move |(users, items, seen)| {
            let entries = seen.into_iter().map(|(user, item)| (user, item, 1.0));
            (Exact { width, users, items }, UserItems::from_triplets(n_users, n_items, entries).unwrap(), k)
        })
    })
}

proptest! {
    #[test]
    fn search_equals_scoring_all_items((model, seen, k) in case(), threads in 1..4_usize) {
        // Enough members for the search to be used.
        let users: Vec<u32> = (0..seen.n_rows() as u32).rev().cycle().take(600).collect();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let lists = pool.install(|| recommend(&model, &seen, &users, k));
        let mut scores = vec![0.0; model.n_items()];
        for (&user, list) in users.iter().zip(lists) {
            let history = seen.row(user as usize);
            let expected = if model.serves(Some(user as usize), history) {
                model.score_into(Some(user as usize), history, &mut scores);
                top_k(&scores, k, history.columns).iter().map(|scored| scored.item).collect()
            } else {
                Vec::new()
            };
            prop_assert_eq!(list, expected);
        }
    }
}
