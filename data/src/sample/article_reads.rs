//! The unprompted reads of articles, in order of publication.

use std::collections::VecDeque;

use rayon::prelude::*;

use super::random::RandomStream;
use super::reading::{self, Read, Readers};
use super::time::DAY;
use super::world::World;

/// Articles a thread whose reads are generated at the same time in large samples.
const AHEAD: usize = 4;

/// Generates the reads of one article after the other.
pub(super) struct ArticleReads {
    /// Expected reads of an article with appeal 1.
    reads_per_appeal: f64,
    next: usize,
    /// Reads of the next articles of a large sample.
    ready: VecDeque<Vec<Read>>,
}

impl ArticleReads {
    pub(super) fn new(world: &World<'_>) -> Self {
        let appeal: f64 = world.articles.iter().map(|article| article.appeal).sum();
        let reads = f64::from(world.options.members) * world.options.reads_per_member_year;
        let reads = reads * world.period.end as f64 / (365.0 * DAY as f64);
        Self { reads_per_appeal: reads / appeal.max(1e-9), next: 0, ready: VecDeque::new() }
    }

    /// The reads of the next article, in no order. In large samples they do not come from `rng`.
    pub(super) fn of_next(&mut self, world: &World<'_>, readers: &Readers, rng: &mut RandomStream) -> Vec<Read> {
        let mean = self.reads_per_appeal;
        let reads = |number: usize, rng: &mut RandomStream| {
            let article = &world.articles[number];
            let mean = article.appeal * mean;
            reading::organic(number as u32, article, mean, world.members, readers, world.period, rng)
        };
        let number = self.next;
        self.next += 1;
        if !world.options.is_large() {
            return reads(number, rng);
        }
        if self.ready.is_empty() {
            let last = (number + AHEAD * rayon::current_num_threads()).min(world.articles.len());
            let of_article = |number: usize| {
                reads(number, &mut RandomStream::new(world.options.seed, &format!("reading article {number}")))
            };
            self.ready = (number..last).into_par_iter().map(of_article).collect::<Vec<_>>().into();
        }
        self.ready.pop_front().unwrap_or_default()
    }
}
