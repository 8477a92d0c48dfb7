//! Describes look-alikes: their number, what they have in common, and the first of them with reasons.

use std::collections::BTreeMap;

use zhihui_data::ItemKind;

use super::{
    LookAlikeMember, LookAlikeSize, LookAlikeTopic, LookAlikeWidth, LookAlikes, LookAlikesRequest, Seed,
    features::Features, ranking::LookAlikeRanking,
};
use crate::{
    Engine, Language, Overlay, Reason,
    audience::{
        Breakdown, Resolver, Rule, RuleError, Sentence, SimilarTo, StopCheck, evaluate::Evaluation,
        exclusion::ActiveExclusions, funnel::visible_members, member_set::MemberSet,
    },
    recommend::{Reader, ReasonKind},
    scoring::Profile,
    wording::{plural, whole},
};

/// Maximum number of topics in common.
const MAX_TOPICS: usize = 5;
/// Minimum lift of a topic in common, and its minimum share of the look-alikes' attention.
const MIN_LIFT: f64 = 1.1;
const MIN_SHARE: f64 = 0.01;
/// Maximum number of reasons for one member.
const MAX_REASONS: usize = 2;

impl Engine {
    /// Ranks the members who are most like a seed, and describes those of one width.
    ///
    /// # Errors
    /// [`RuleError`] with a pointer below `/seed` if the seed is invalid or has too few usable members, or if `stop`
    /// returned true.
    pub fn look_alikes(
        &self,
        overlay: &Overlay,
        request: &LookAlikesRequest,
        resolve: &Resolver<'_>,
        stop: &StopCheck<'_>,
    ) -> Result<LookAlikes, RuleError> {
        let within = request.within.as_deref();
        let evaluation = Evaluation { engine: self, overlay, now: request.now, within, resolve, stop };
        let (seed, unknown) = seed_of(&evaluation, &request.seed)?;
        let mut ranking = evaluation.rank_by_likeness(&seed, "/seed")?;
        ranking.seed.unknown = unknown;
        let features = Features::new(self, overlay);
        let exclusions = ActiveExclusions::of(&request.exclusions, false);
        let is_left = |row: &u32| exclusions.check(*row as usize).is_ok();
        let rows: Vec<u32> = ranking.rows(request.width).filter(is_left).collect();
        let topics = self.topics_in_common(&features, overlay, &rows);
        let sizes = LookAlikeWidth::ALL.map(|width| {
            let members = ranking.rows(width).filter(is_left).count();
            let excluded = ranking.rows(width).count() - members;
            LookAlikeSize { width, share: width.share(), members, excluded }
        });
        Ok(LookAlikes {
            as_of: self.as_of(),
            version: self.snapshot().version.clone(),
            sentence: sentence(&ranking, &sizes, &topics),
            seed: ranking.seed,
            base: ranking.base,
            unranked: ranking.unranked,
            sizes: sizes.into(),
            width: request.width,
            sample: self.look_alike_sample(&features, overlay, (&ranking.seeds, &rows), request),
            topics,
            breakdowns: BTreeMap::from([("age_band".to_owned(), self.by_age_band(&rows))]),
            rule: match &request.seed {
                Seed::Audience(id) => {
                    Some(Rule::SimilarTo { similar_to: SimilarTo { audience: id.clone(), width: request.width } })
                }
                Seed::Rule(_) | Seed::Members(_) => None,
            },
        })
    }

    /// The topics with the highest lift among members.
    fn topics_in_common(&self, features: &Features<'_>, overlay: &Overlay, rows: &[u32]) -> Vec<LookAlikeTopic> {
        let (shares, overall) =
            (mean_shares(self, features, overlay, rows), &self.snapshot().model.preferences.overall_shares);
        let topic = |(&topic, share): (&u32, f64)| {
            let overall_share = f64::from(overall.get(topic as usize).copied().unwrap_or(0.0));
            let name = self.snapshot().topics.get(topic as usize)?.clone();
            let lift = if overall_share > 0.0 { share / overall_share } else { 0.0 };
            let is_common = lift >= MIN_LIFT && share >= MIN_SHARE;
            is_common.then_some(LookAlikeTopic { topic: name, share, overall_share, lift })
        };
        let mut topics: Vec<LookAlikeTopic> = features.topics().iter().zip(shares).filter_map(topic).collect();
        topics.sort_by(|left, right| right.lift.total_cmp(&left.lift).then_with(|| left.topic.cmp(&right.topic)));
        topics.truncate(MAX_TOPICS);
        topics
    }

    /// The first look-alikes, with the topics that they and the seed follow more than others.
    fn look_alike_sample(
        &self,
        features: &Features<'_>,
        overlay: &Overlay,
        (seeds, rows): (&[u32], &[u32]),
        request: &LookAlikesRequest,
    ) -> Vec<LookAlikeMember> {
        let overall = &self.snapshot().model.preferences.overall_shares;
        let of_seed = features.topics().iter().copied().zip(mean_shares(self, features, overlay, seeds));
        let mut of_seed: Vec<(u32, f64)> = of_seed
            .map(|(topic, share)| (topic, share - f64::from(overall.get(topic as usize).copied().unwrap_or(0.0))))
            .filter(|&(_, more)| more > 0.0)
            .collect();
        of_seed.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
        let mut profile = Profile::default();
        let mut member = |(place, &row): (usize, &u32)| {
            profile.load_evidence(self, overlay.member(row as usize));
            let preferred = of_seed.iter().filter(|(topic, _)| self.is_preferred(&profile, *topic));
            let topics = preferred.filter_map(|&(topic, _)| self.snapshot().topics.get(topic as usize));
            let reason =
                |topic: &String| ReasonKind::Topic(topic).reason(ItemKind::Article, request.language, Reader::Staff);
            let mut reasons: Vec<Reason> = topics.take(MAX_REASONS).map(reason).collect();
            if reasons.is_empty() {
                reasons.push(similar_behaviour(request.language));
            }
            LookAlikeMember { member_id: self.snapshot().members.id[row as usize].clone(), rank: place + 1, reasons }
        };
        rows.iter().take(request.sample).enumerate().map(&mut member).collect()
    }

    fn by_age_band(&self, rows: &[u32]) -> Vec<Breakdown> {
        let bands = &self.snapshot().age_bands;
        let mut counts = vec![0; bands.count()];
        for &row in rows {
            counts[usize::from(self.snapshot().members.age_band[row as usize])] += 1;
        }
        let known = counts.into_iter().enumerate().filter(|&(_, members)| members > 0);
        known.map(|(band, members)| Breakdown { key: bands.label(band), members }).collect()
    }
}

/// The members of the seed, and the number of given ids whose member is unknown or cannot be seen.
fn seed_of(evaluation: &Evaluation<'_>, seed: &Seed) -> Result<(MemberSet, usize), RuleError> {
    let (rule, at) = match seed {
        Seed::Audience(audience) => (Rule::Audience { audience: audience.clone() }, "/seed"),
        Seed::Rule(rule) => (rule.clone(), "/seed/rule"),
        Seed::Members(ids) => {
            let (engine, visible) = (evaluation.engine, visible_members(evaluation));
            let row = |id: &String| engine.member_row(id).filter(|&row| visible.contains(row)).map(|row| row as u32);
            let rows: Vec<u32> = ids.iter().filter_map(row).collect();
            let unknown = ids.len() - rows.len();
            return Ok((MemberSet::from_rows(engine.snapshot().members.id.len(), rows), unknown));
        }
    };
    Ok((evaluation.members(&rule, at, &mut Vec::new())?, 0))
}

/// The mean shares of attention of members, in the order of [`Features::topics`].
fn mean_shares(engine: &Engine, features: &Features<'_>, overlay: &Overlay, rows: &[u32]) -> Vec<f64> {
    let n_topics = features.topics().len();
    let (mut profile, mut shares, mut sums) = (Profile::default(), vec![0.0; n_topics], vec![0.0; n_topics]);
    for &row in rows {
        profile.load_evidence(engine, overlay.member(row as usize));
        features.write_shares(&profile, &mut shares);
        sums.iter_mut().zip(&shares).for_each(|(sum, &share)| *sum += f64::from(share));
    }
    sums.into_iter().map(|sum| sum / rows.len().max(1) as f64).collect()
}

fn similar_behaviour(language: Language) -> Reason {
    let text = match language {
        Language::Zh => "阅读和报名的内容与种子会员相近",
        Language::En => "Reads and signs up for much the same as the seed members",
    };
    Reason { code: "similar_behaviour".to_owned(), text: text.to_owned() }
}

fn sentence(
    ranking: &LookAlikeRanking,
    sizes: &[LookAlikeSize; LookAlikeWidth::ALL.len()],
    topics: &[LookAlikeTopic],
) -> Sentence {
    let [narrow, medium, wide] = sizes.map(|size| whole(size.members));
    let usable = whole(ranking.seed.usable);
    let quoted = |open: &str, close: &str, separator: &str| {
        let names: Vec<String> = topics.iter().take(2).map(|topic| format!("{open}{}{close}", topic.topic)).collect();
        names.join(separator)
    };
    let (zh, en) = if topics.is_empty() {
        (String::new(), String::new())
    } else {
        (
            format!("他们更关注{}。", quoted("「", "」", "")),
            format!(" They follow {} more than others.", quoted("“", "”", " and ")),
        )
    };
    let excluded = sizes[LookAlikeWidth::ALL.len() - 1].excluded;
    let (out_zh, out_en) = match (excluded, whole(excluded)) {
        (0, _) => (String::new(), String::new()),
        (_, text) => (
            format!("另有 {text} 人因在排除名单或其他推送名单里而未计入。"),
            format!(" {text} more {} excluded.", plural(&text, "is", "are")),
        ),
    };
    Sentence {
        zh: format!(
            "与 {usable} 名种子会员相近的会员：很相近 {narrow} 人，较相近 {medium} 人，大致相近 {wide} 人。{out_zh}{zh}"
        ),
        en: format!(
            "Members like the {usable} of the seed: {narrow} narrowly, {medium} at medium width, {wide} widely.{out_en}{en}"
        ),
    }
}
