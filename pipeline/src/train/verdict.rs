//! Verdicts: whether a model may serve one side of one group of items, and what serves there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zhihui_data::snapshot::{ItemGroup, Side};
use zhihui_engine::audience::Sentence;
use zhihui_models::evaluation::Bootstrap;

use super::compared_order::{BAND_POPULARITY, CHALLENGER, CHANCE, POPULARITY};
use super::scores::Scores;

/// The verdict on one side of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SideVerdict {
    /// Group of items.
    pub group: ItemGroup,
    /// Lists for members or audiences for items.
    pub side: Side,
    /// Metric: `ndcg@20` for lists. For audiences, the mean of the shares of responders within the first 1 % and 5 % of
    /// the candidates.
    pub metric: String,
    /// Number of members with a response.
    pub members: usize,
    /// Number of responses.
    pub responses: usize,
    /// Number of lists or audiences.
    pub judged: usize,
    /// Whether the data suffice for a verdict.
    pub enough: bool,
    /// Judgement of the model trained now.
    #[serde(flatten)]
    pub challenger: Judgement,
    /// Judgement of the incumbent on the same days, if there is one.
    pub incumbent: Option<Judgement>,
    /// `blend` (the model trained now), `incumbent`, the name of a rule, or `popular`.
    pub serves: String,
    /// The reason in a sentence.
    pub why: Sentence,
}

/// The judgement of one model compared with simple rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// Name of the model.
    pub model: String,
    /// Mean of the metric, or `None` without a ranker or data.
    pub value: Option<f64>,
    /// Mean by size of the audience.
    pub at: BTreeMap<String, f64>,
    /// The simple rules, popularity and chance.
    pub rules: Vec<RuleResult>,
    /// Whether the model may serve: the data suffice, it beats popularity and chance with the whole interval above
    /// zero, and no rule beats it so.
    pub accepted: bool,
    /// Whether the model may serve if it is accepted for the other side of the same items, so that a pair has one
    /// probability: the data are too few, or it beats chance and nothing beats it.
    #[serde(default)]
    pub may_follow: bool,
    /// The rule that serves instead: the best of those that beat popularity and chance.
    pub best_rule: Option<String>,
}

/// A simple rule, and the gain of the model over it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleResult {
    /// A feature, `popular_in_age_band`, `popular` or `chance`.
    pub rule: String,
    /// Mean of the metric.
    pub value: f64,
    /// Mean by size of the audience.
    pub at: BTreeMap<String, f64>,
    /// Mean paired difference, model minus rule; `None` without a model.
    pub gain: Option<f64>,
    /// 95 % interval of the gain. Members (lists) or items (audiences) are resampled.
    pub interval: Option<[f64; 2]>,
}

impl Judgement {
    /// Judges a model by `scores`. Nothing is accepted if the data are too few.
    pub(super) fn of(scores: &Scores, seed: u64) -> Self {
        let mean = |at: usize| scores.values[at].iter().sum::<f64>() / scores.values[at].len().max(1) as f64;
        let gain = |of: usize, on: usize| {
            let gains: Vec<f64> =
                scores.values[of].iter().zip(&scores.values[on]).map(|(left, right)| left - right).collect();
            Bootstrap::new(seed).mean_by_member(&scores.clusters, &gains)
        };
        let index_of = |name: &str| scores.names.iter().position(|other| other == name);
        let has_data = !scores.clusters.is_empty();
        let model = index_of(CHALLENGER).filter(|_| has_data);
        let others = (0..scores.names.len()).filter(|&at| has_data && scores.names[at] != CHALLENGER);
        let result = |at: usize| {
            let gained = model.map(|model| gain(model, at));
            RuleResult {
                rule: scores.names[at].clone(),
                value: mean(at),
                at: scores.parts[at].clone(),
                gain: gained.map(|gain| gain.value),
                interval: gained.map(|gain| [gain.low, gain.high]),
            }
        };
        let rules: Vec<RuleResult> = others.map(result).collect();
        let beats = |rule: &RuleResult| rule.interval.is_some_and(|[low, _]| low > 0.0);
        let loses = |rule: &RuleResult| rule.interval.is_some_and(|[_, high]| high < 0.0);
        let is_plain = |rule: &str| [BAND_POPULARITY, POPULARITY, CHANCE].contains(&rule);
        // A model that ties with the best rule may serve: one ranker on both sides gives a pair one probability.
        let must_beat = |rule: &RuleResult| is_plain(&rule.rule);
        let accepted = scores.enough
            && model.is_some()
            && rules.iter().all(|rule| !loses(rule) && (beats(rule) || !must_beat(rule)));
        let beats_chance = rules.iter().any(|rule| rule.rule == CHANCE && beats(rule));
        let may_follow = !scores.enough || (beats_chance && !rules.iter().any(loses));
        let plain: Vec<usize> = (0..scores.names.len()).filter(|&at| is_plain(&scores.names[at])).collect();
        let wins = |at: &usize| plain.iter().all(|&plain| gain(*at, plain).low > 0.0);
        let simple = (0..scores.names.len()).filter(|&at| scores.enough && at != model.unwrap_or(usize::MAX));
        let simple = simple.filter(|at| !is_plain(&scores.names[*at]) && scores.names[*at] != CHALLENGER);
        let best = simple.filter(wins).max_by(|&left, &right| mean(left).total_cmp(&mean(right)));
        Self {
            model: CHALLENGER.into(),
            value: model.map(mean),
            at: model.map(|model| scores.parts[model].clone()).unwrap_or_default(),
            rules,
            accepted,
            may_follow,
            best_rule: best.map(|at| scores.names[at].clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of fifty items with four responses each, by ordering.
    fn scores(of: &[(&str, f64)]) -> Scores {
        let clusters: Vec<u32> = (0..200).map(|at| at / 4).collect();
        let values =
            |share: f64| (0..200).map(|at| f64::from(u8::from(f64::from(at * 37 % 200) < share * 200.0))).collect();
        Scores {
            names: of.iter().map(|(name, _)| (*name).to_owned()).collect(),
            clusters,
            values: of.iter().map(|&(_, share)| values(share)).collect(),
            parts: vec![BTreeMap::new(); of.len()],
            members: 200,
            responses: 200,
            judged: 50,
            enough: true,
        }
    }

    #[test]
    fn the_best_rule_serves_audiences_if_the_model_does_not_beat_it() {
        let plain = [(BAND_POPULARITY, 0.1), (CHANCE, 0.02)];
        let of = |model: f64, rule: f64| {
            let all = [&[(CHALLENGER, model)][..], &plain, &[("activity", rule), ("neighbours", 0.2)]].concat();
            Judgement::of(&scores(&all), 1)
        };
        let ahead = of(0.6, 0.3);
        assert!(ahead.accepted && ahead.best_rule.as_deref() == Some("activity"), "{ahead:?}");
        let behind = of(0.3, 0.6);
        assert!(
            !behind.accepted && !behind.may_follow && behind.best_rule.as_deref() == Some("activity"),
            "{behind:?}"
        );
        let nobody = of(0.02, 0.01);
        assert!(
            !nobody.accepted && !nobody.may_follow && nobody.best_rule.as_deref() == Some("neighbours"),
            "{nobody:?}"
        );
        let few = Scores { enough: false, ..scores(&[(CHALLENGER, 0.9), (CHANCE, 0.1), ("activity", 0.5)]) };
        let few = Judgement::of(&few, 1);
        assert!(!few.accepted && few.may_follow && few.best_rule.is_none(), "{few:?}");
        // It ties with popularity and beats chance, so it may follow the other side.
        let undecided = Judgement::of(&scores(&[(CHALLENGER, 0.3), (BAND_POPULARITY, 0.3), (CHANCE, 0.02)]), 1);
        assert!(!undecided.accepted && undecided.may_follow, "{undecided:?}");
    }
}
