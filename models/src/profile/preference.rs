//! Estimates a member's preferences by topic, shrunk towards those of the member's group by an amount learnt from the
//! data.
//!
//! One article about badminton does not make a member interested in badminton alone. A member's shares are modelled as
//! drawn from a Dirichlet distribution around the shares of the group, with the strength τ that maximises the
//! likelihood of the data. The posterior mean mixes the member's own shares with the group's: at a weight of τ, both
//! count equally. Groups are shrunk towards all members in the same way.

use serde::{Deserialize, Serialize};

use super::polya::CountRows;
use crate::{ModelError, Row, UserItems};

/// Smaller groups use the strength learnt from all members.
const MIN_MEMBERS_FOR_OWN_STRENGTH: usize = 50;
/// Smallest total weight of a member that counts as evidence. Smaller sums are decayed events whose quotients have lost
/// all precision.
const MIN_WEIGHT: f64 = 1e-6;
/// Rounds of estimating the shares given the strength, then the strength given the shares.
const ROUNDS: usize = 3;
/// Expectation-maximisation steps for the shares in each round.
const STEPS: usize = 6;

/// The learnt priors and their strengths.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shrinkage {
    overall: Prior,
    groups: Vec<Prior>,
}

/// The expected shares of a group's members without evidence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// τ in units of weight: a member with this much weight lies halfway between own shares and prior.
    pub strength: f64,
    /// Share by topic; sums to 1.
    pub shares: Vec<f64>,
}

impl Shrinkage {
    /// Learns priors and strengths.
    ///
    /// `weights`: members × topics, decayed weights. A new event should have a weight of about 1, because weights are
    /// read as counts of evidence. `groups`: the group of each member, below `n_groups`, or `None` if unknown.
    ///
    /// # Errors
    /// [`ModelError::NotEnoughData`] if no member's weights sum to 10⁻⁶ or more, [`ModelError::BadParameter`] if
    /// `groups` does not have one entry for each member or contains an unknown group.
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

    /// The preference of a member with these weights: shares by topic that sum to 1.
    ///
    /// Without weights it is the prior of the group, and without a known group that of all members. Topics unknown at
    /// fit time are ignored.
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

    /// The prior of a group, or that of all members if the group is `None` or unknown.
    #[must_use]
    pub fn prior(&self, group: Option<usize>) -> &Prior {
        group.and_then(|group| self.groups.get(group)).unwrap_or(&self.overall)
    }

    /// Each share divided by the overall share; 0 for a topic without an overall share.
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
    let mut strength = rows.strength(&shares, None);
    for _ in 1..ROUNDS {
        for _ in 0..STEPS {
            shares = normalised(rows.expected_draws(strength, &shares));
        }
        strength = rows.strength(&shares, Some(strength));
    }
    Prior { strength, shares }
}

/// Estimates each group's shares, shrunk towards all members' by how similar the groups are.
fn group_priors(weights: &UserItems, groups: &[Vec<u32>], overall: &Prior) -> Result<Vec<Prior>, ModelError> {
    let rows = |group: usize| CountRows { matrix: weights, members: &groups[group] };
    let all: Vec<u32> = (0..groups.len() as u32).collect();
    let mut priors = vec![overall.clone(); groups.len()];
    let mut near = None;
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
            let of_groups = CountRows { matrix: &table, members: &all };
            let pull = of_groups.strength(&overall.shares, near);
            near = Some(pull);
            for (prior, draws) in priors.iter_mut().zip(draws) {
                let mixed = draws.iter().zip(&overall.shares).map(|(draw, share)| draw + pull * share);
                prior.shares = normalised(mixed.collect());
            }
        }
        for (group, prior) in priors.iter_mut().enumerate() {
            let own = groups[group].len() >= MIN_MEMBERS_FOR_OWN_STRENGTH;
            let of_group = || rows(group).strength(&prior.shares, Some(prior.strength));
            prior.strength = if own { of_group() } else { overall.strength };
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
    let refuse = |value: String, bounds: String| ModelError::bad_parameter("preference.groups", value, bounds);
    if groups.len() != members {
        return Err(refuse(format!("{} groups", groups.len()), format!("one for each of {members} members")));
    }
    match groups.iter().flatten().find(|&&group| group >= n_groups) {
        Some(group) => Err(refuse(group.to_string(), format!("below {n_groups}, the number of groups"))),
        None => Ok(()),
    }
}
