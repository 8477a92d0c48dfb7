//! A member's shares of attention by topic, shrunk towards the member's group by an amount learnt from the data.
//!
//! Somebody who read one article about badminton has not shown a liking for badminton alone. A member's shares are taken
//! to be drawn from a Dirichlet distribution around the shares of the member's group, whose strength τ is the one that
//! makes the data most likely. The posterior mean then mixes the member's own shares and the group's: a member with
//! weight τ stands halfway between the two. Groups in turn are drawn towards all members in the same way.

use serde::{Deserialize, Serialize};

use super::polya::CountRows;
use crate::{ModelError, Row, UserItems};

/// A group with fewer members than this takes the strength learnt from all.
const MIN_MEMBERS_FOR_OWN_STRENGTH: usize = 50;
/// A member whose weights sum to less is known no better than by none: the smallest weights are sums of long past events
/// that have nearly decayed, and below this their quotients lose all precision.
const MIN_WEIGHT: f64 = 1e-6;
/// Rounds of estimating the shares given the strength, then the strength given the shares.
const ROUNDS: usize = 3;
/// Steps towards the shares of greatest likelihood in each round; each is an expectation-maximisation step.
const STEPS: usize = 6;

/// The learnt priors and how strongly each pulls.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shrinkage {
    overall: Prior,
    groups: Vec<Prior>,
}

/// The shares that members of a group have before anything is known of them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// τ in units of weight: how much of a member's own weight balances the prior.
    pub strength: f64,
    /// Share by topic; sums to 1.
    pub shares: Vec<f64>,
}

impl Shrinkage {
    /// Learns priors and strengths.
    ///
    /// `weights`: members by topics, time-decayed weights; an event's weight should be about 1 when new, because weights
    /// are read as counts of evidence. `groups`: the group of each member below `n_groups`, `None` where unknown.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] if no member's weights sum to one in a million, [`ModelError::BadParameter`] if `groups` has not one
    /// entry a member or names a group that does not exist.
    pub fn fit(weights: &UserItems, groups: &[Option<usize>], n_groups: usize) -> Result<Self, ModelError> {
        check_groups(groups, weights.n_rows(), n_groups)?;
        let total = |row: usize| weights.row(row).weights.iter().map(|&weight| f64::from(weight)).sum::<f64>();
        let active = |row: usize| total(row) >= MIN_WEIGHT;
        let members: Vec<u32> = (0..weights.n_rows()).filter(|&row| active(row)).map(|row| row as u32).collect();
        if members.is_empty() {
            return Err(ModelError::NotEnoughData(
                "preferences need at least one member with a weight above zero for a topic; load reads first".into(),
            ));
        }
        let overall = overall_prior(CountRows { matrix: weights, members: &members });
        let in_group = |group: usize| {
            let of_group = |&member: &u32| groups[member as usize] == Some(group);
            members.iter().copied().filter(of_group).collect::<Vec<u32>>()
        };
        let by_group: Vec<Vec<u32>> = (0..n_groups).map(in_group).collect();
        let groups = group_priors(weights, &by_group, &overall)?;
        Ok(Self { overall, groups })
    }

    /// Share of attention by topic of a member with these weights; sums to 1.
    ///
    /// Without weights it is the prior of the group; without a known group that of all members. Topics that were not
    /// there at fit time are left out.
    #[must_use]
    pub fn preference(&self, weights: Row<'_>, group: Option<usize>) -> Vec<f32> {
        let prior = self.prior(group);
        let mut shares: Vec<f64> = prior.shares.iter().map(|share| prior.strength * share).collect();
        let topics = shares.len();
        for (topic, weight) in weights.iter().filter(|&(topic, _)| topic < topics) {
            shares[topic] += f64::from(weight);
        }
        let total: f64 = shares.iter().sum();
        shares.into_iter().map(|share| (share / total) as f32).collect()
    }

    /// The prior of a group, that of all members where the group is `None` or was not there at fit time.
    #[must_use]
    pub fn prior(&self, group: Option<usize>) -> &Prior {
        group.and_then(|group| self.groups.get(group)).unwrap_or(&self.overall)
    }

    /// How many times the overall share each share is; 0 for a topic without any overall share.
    #[must_use]
    pub fn lift(&self, shares: &[f32]) -> Vec<f32> {
        let lift = |(&share, &overall): (&f32, &f64)| if overall > 0.0 { share / overall as f32 } else { 0.0 };
        shares.iter().zip(&self.overall.shares).map(lift).collect()
    }
}

fn overall_prior(rows: CountRows<'_>) -> Prior {
    let mut sums = vec![0.0; rows.matrix.n_columns()];
    for &member in rows.members {
        for (topic, weight) in rows.matrix.row(member as usize).iter() {
            sums[topic] += f64::from(weight);
        }
    }
    let mut shares = normalised(sums);
    let mut strength = rows.strength(&shares);
    for _ in 1..ROUNDS {
        for _ in 0..STEPS {
            shares = normalised(rows.expected_draws(strength, &shares));
        }
        strength = rows.strength(&shares);
    }
    Prior { strength, shares }
}

/// Each group's shares, drawn towards all members' as strongly as the groups turn out to be alike.
fn group_priors(weights: &UserItems, groups: &[Vec<u32>], overall: &Prior) -> Result<Vec<Prior>, ModelError> {
    let rows = |group: usize| CountRows { matrix: weights, members: &groups[group] };
    let all: Vec<u32> = (0..groups.len() as u32).collect();
    let mut priors = vec![overall.clone(); groups.len()];
    for _ in 1..ROUNDS {
        for _ in 0..STEPS {
            let draws: Vec<Vec<f64>> = priors
                .iter()
                .enumerate()
                .map(|(group, prior)| rows(group).expected_draws(prior.strength, &prior.shares))
                .collect();
            let entries = draws.iter().enumerate().flat_map(|(group, draws)| {
                draws.iter().enumerate().map(move |(topic, &draw)| (group as u32, topic as u32, draw as f32))
            });
            let table = UserItems::from_triplets(groups.len(), weights.n_columns(), entries)?;
            let pull = CountRows { matrix: &table, members: &all }.strength(&overall.shares);
            for (prior, draws) in priors.iter_mut().zip(draws) {
                let mixed = draws.iter().zip(&overall.shares).map(|(draw, share)| draw + pull * share);
                prior.shares = normalised(mixed.collect());
            }
        }
        for (group, prior) in priors.iter_mut().enumerate() {
            let own = groups[group].len() >= MIN_MEMBERS_FOR_OWN_STRENGTH;
            prior.strength = if own { rows(group).strength(&prior.shares) } else { overall.strength };
        }
    }
    Ok(priors)
}

fn normalised(mut values: Vec<f64>) -> Vec<f64> {
    let total: f64 = values.iter().sum();
    values.iter_mut().for_each(|value| *value /= total);
    values
}

fn check_groups(groups: &[Option<usize>], members: usize, n_groups: usize) -> Result<(), ModelError> {
    if groups.len() != members {
        return Err(ModelError::BadParameter {
            name: "preference.groups".into(),
            value: format!("{} groups", groups.len()),
            bounds: format!("one for each of {members} members"),
        });
    }
    match groups.iter().flatten().find(|&&group| group >= n_groups) {
        Some(group) => Err(ModelError::BadParameter {
            name: "preference.groups".into(),
            value: group.to_string(),
            bounds: format!("below {n_groups}, the number of groups"),
        }),
        None => Ok(()),
    }
}
