//! Ranks members by their likeness to a seed.

use rayon::prelude::*;

use super::{
    LookAlikeWidth, MIN_SEEDS, SeedCounts,
    features::{Features, Standing},
    likeness::Likeness,
};
use crate::{
    audience::{RuleError, evaluate::Evaluation, funnel::visible_members, member_set::MemberSet},
    scoring::Profile,
};

/// Maximum number of seeds and of other members that the likeness is fitted on, evenly spaced by row.
const MAX_FITTED: usize = 10_000;

/// The members who are most like a seed.
#[derive(Debug)]
pub(in crate::audience) struct LookAlikeRanking {
    pub(super) seed: SeedCounts,
    /// Rows of the usable seeds, ascending.
    pub(super) seeds: Vec<u32>,
    /// Visible members who can be pushed to.
    pub(super) base: usize,
    /// Members of `base` outside of the seed who never read or signed up for anything.
    pub(super) unranked: usize,
    /// The rows of the wide width, most alike first.
    ranked: Vec<u32>,
}

impl LookAlikeRanking {
    /// The rows of the members of a width, most alike first.
    pub(in crate::audience) fn rows(&self, width: LookAlikeWidth) -> impl Iterator<Item = u32> + '_ {
        self.ranked.iter().copied().take(width.of(self.base))
    }
}

impl Evaluation<'_> {
    /// Ranks the visible members outside of the seed who are reachable, allow personalised lists, and have read or signed
    /// up for something. Ties go to the lower row. `at` is the JSON pointer of the seed.
    ///
    /// # Errors
    /// [`RuleError::TooFewSeeds`], or [`RuleError::Stopped`] if the caller has cancelled.
    pub(in crate::audience) fn rank_by_likeness(
        &self,
        seed: &MemberSet,
        at: &str,
    ) -> Result<LookAlikeRanking, RuleError> {
        let features = Features::new(self.engine, self.overlay);
        let rows: Vec<u32> = visible_members(self).rows().collect();
        let standings: Vec<Standing> = rows
            .par_iter()
            .map_init(Profile::default, |profile, &row| features.standing(profile, row as usize))
            .collect();
        let mut ranking = LookAlikeRanking {
            seed: SeedCounts::default(),
            seeds: Vec::new(),
            base: 0,
            unranked: 0,
            ranked: Vec::new(),
        };
        let mut candidates = Vec::new();
        for (&row, standing) in rows.iter().zip(&standings) {
            let can_be_pushed = standing.is_reachable && standing.allows_profile;
            ranking.base += usize::from(can_be_pushed);
            if seed.contains(row as usize) {
                ranking.seed.members += 1;
                match (standing.allows_profile, standing.has_evidence) {
                    (false, _) => ranking.seed.opted_out += 1,
                    (true, false) => ranking.seed.without_evidence += 1,
                    (true, true) => ranking.seeds.push(row),
                }
            } else if can_be_pushed && standing.has_evidence {
                candidates.push(row);
            } else if can_be_pushed {
                ranking.unranked += 1;
            }
        }
        ranking.seed.usable = ranking.seeds.len();
        if ranking.seeds.len() < MIN_SEEDS {
            return Err(RuleError::TooFewSeeds { at: at.to_owned(), usable: ranking.seeds.len() });
        }
        if (self.stop)() {
            return Err(RuleError::Stopped { at: at.to_owned() });
        }
        ranking.ranked = most_alike(&features, &ranking.seeds, &candidates, LookAlikeWidth::Wide.of(ranking.base));
        Ok(ranking)
    }
}

/// The `n` candidates most like the seeds.
fn most_alike(features: &Features<'_>, seeds: &[u32], candidates: &[u32], n: usize) -> Vec<u32> {
    let n_features = features.len();
    let background: Vec<u32> = seeds.iter().chain(candidates).copied().collect();
    let likeness = Likeness::fit(
        &features_of(features, &evenly_spaced(seeds)),
        &features_of(features, &evenly_spaced(&background)),
        n_features,
    );
    let score = |(profile, values): &mut (Profile, Vec<f32>), &row: &u32| {
        features.load(profile, row as usize);
        features.write(profile, row as usize, values);
        (likeness.score(values), row)
    };
    let start = || (Profile::default(), vec![0.0; n_features]);
    let mut scored: Vec<(f32, u32)> = candidates.par_iter().map_init(start, score).collect();
    let order = |left: &(f32, u32), right: &(f32, u32)| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1));
    if (1..scored.len()).contains(&n) {
        scored.select_nth_unstable_by(n - 1, order);
    }
    scored.truncate(n);
    scored.sort_unstable_by(order);
    scored.into_iter().map(|(_, row)| row).collect()
}

/// The features of members, one member after another.
fn features_of(features: &Features<'_>, rows: &[u32]) -> Vec<f32> {
    let n_features = features.len();
    let mut values = vec![0.0; rows.len() * n_features];
    if n_features > 0 {
        let of_members = values.par_chunks_exact_mut(n_features).zip(rows);
        of_members.for_each_init(Profile::default, |profile, (values, &row)| {
            features.load(profile, row as usize);
            features.write(profile, row as usize, values);
        });
    }
    values
}

/// At most [`MAX_FITTED`] of the rows, evenly spaced.
fn evenly_spaced(rows: &[u32]) -> Vec<u32> {
    rows.iter().copied().step_by(rows.len().div_ceil(MAX_FITTED).max(1)).collect()
}
