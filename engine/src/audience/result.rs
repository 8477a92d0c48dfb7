//! The result of building an audience: the preview, and all rows for files and push lists.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};
use zhihui_data::{
    Gender,
    snapshot::{AgeBands, NONE, Side, Snapshot},
};

use super::{
    AudienceError, AudienceRequest, Breakdown, ExpectedResponses, ExperimentArm, HoldOutKind, Preview, SampleMember,
    Sentence, Target, Variant,
    expected_responses::expected_responses,
    selection::{AudienceSelection, ResolvedTarget},
};
use crate::{
    Engine, Overlay, Reason,
    engine::name_of,
    recommend::{Reader, ReasonContext, ReasonKind},
    scoring::{ItemScorer, Profile, PushLevel, group_of},
    wording::{counted, grouped, plural, whole},
};

/// Fewest members that are worth another thread.
const MEMBERS_PER_TASK: usize = 16_384;
/// Maximum number of groups in the breakdown by union.
const UNIONS: usize = 20;

/// A member of an audience.
#[derive(Debug, Clone, PartialEq)]
pub struct AudienceRow {
    /// Rank by probability among both arms, from 1.
    pub rank: usize,
    /// Index of the member in the snapshot.
    pub member: usize,
    /// The member's openid at the time of the request, including bindings since the snapshot. Empty if reasons were not
    /// requested.
    pub openid: String,
    /// The experiment arm.
    pub arm: ExperimentArm,
    /// Which hold-out the member is in; `None` in the arm `push`.
    pub hold_out: Option<HoldOutKind>,
    /// Place of the member's variant among those of the list; `None` without variants and in a preview.
    pub variant: Option<usize>,
    /// Probability that the member responds.
    pub probability: f64,
    /// Reasons, strongest first. Empty if reasons were not requested.
    pub reasons: Vec<Reason>,
}

/// An audience with its preview.
#[derive(Debug, Clone, PartialEq)]
pub struct AudienceResult {
    /// The preview of the contract.
    pub preview: Preview,
    /// Both arms, by rank.
    pub rows: Vec<AudienceRow>,
    /// The variants of the list, each with its item.
    pub variants: Vec<Variant>,
}

/// Identifies a list of members without containing their ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListDigest {
    /// Version of the snapshot that the list was built from.
    pub version: String,
    /// Number of members in the arm `push`.
    pub push: usize,
    /// Number of held-out members.
    pub hold_out: usize,
    /// SHA-256 of both arms.
    pub members_sha256: String,
}

impl AudienceResult {
    /// Returns the digest of this list, for an audit log.
    #[must_use]
    pub fn digest(&self, snapshot: &Snapshot) -> ListDigest {
        let push = self.rows.iter().filter(|row| row.arm == ExperimentArm::Push).count();
        let (version, hold_out) = (snapshot.version.clone(), self.rows.len() - push);
        ListDigest { version, push, hold_out, members_sha256: self.members_sha256(snapshot) }
    }

    /// SHA-256 in hexadecimal over the sorted lines `member_id\tarm\n`. It identifies a frozen push list.
    #[must_use]
    pub fn members_sha256(&self, snapshot: &Snapshot) -> String {
        let line = |row: &AudienceRow| format!("{}\t{}\n", snapshot.members.id[row.member], row.arm.as_str());
        let mut lines: Vec<String> = self.rows.par_iter().map(line).collect();
        lines.par_sort_unstable();
        let mut hash = Sha256::new();
        lines.iter().for_each(|line| hash.update(line.as_bytes()));
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Engine {
    pub(super) fn result(
        &self,
        overlay: &Overlay,
        request: &AudienceRequest,
        selection: AudienceSelection,
    ) -> AudienceResult {
        let AudienceSelection { target, funnel, mut rows } = selection;
        self.add_reasons(overlay, target, &mut rows, request);
        let is_pushed = |row: &&AudienceRow| row.arm == ExperimentArm::Push;
        let (pushed, probabilities): (Vec<u32>, Vec<f64>) =
            rows.par_iter().filter(is_pushed).map(|row| (row.member as u32, row.probability)).unzip();
        let targets: Vec<ResolvedTarget> = match self.pushed_items(request, target).as_slice() {
            [] | [_] => vec![target],
            items => items.iter().copied().map(ResolvedTarget::Item).collect(),
        };
        let expected = self.expected_responses_to(&targets, probabilities.into_iter());
        let name = match target {
            ResolvedTarget::Item(item) => &self.snapshot().items.title[item],
            ResolvedTarget::Topic(topic) => &self.snapshot().topics[topic as usize],
        };
        let send_hours = request.send_hours.then(|| {
            let members: Vec<usize> = pushed.iter().map(|&row| row as usize).collect();
            self.send_hours(&members, request.quiet)
        });
        let sample = rows.iter().filter(is_pushed).take(request.sample).map(|row| SampleMember {
            member_id: self.snapshot().members.id[row.member].clone(),
            rank: row.rank,
            probability: row.probability,
            reasons: row.reasons.clone(),
        });
        let preview = Preview {
            as_of: self.as_of(),
            version: self.snapshot().version.clone(),
            sentence: sentence(name, pushed.len(), rows.len() - pushed.len(), &expected),
            selected: pushed.len(),
            held_out: rows.len() - pushed.len(),
            breakdowns: self.breakdowns(&pushed),
            sample: sample.collect(),
            expected_responses: expected,
            funnel: funnel.steps,
            excluded: funnel.excluded,
            exclusions: funnel.exclusions,
            send_hours,
        };
        AudienceResult { preview, rows, variants: request.list_variants() }
    }

    /// Returns the probability that each of these members responds to a push of `target` at `now`, and the expected
    /// number of responses, which is their sum. Members are row numbers; they are not filtered.
    ///
    /// # Errors
    /// [`AudienceError`] if the target is unknown or its topic is sensitive.
    pub fn response_probabilities(
        &self,
        overlay: &Overlay,
        target: &Target,
        members: &[u32],
        now: i64,
    ) -> Result<(Vec<f64>, ExpectedResponses), AudienceError> {
        let target = self.target(target)?;
        let ranked = self.rank(overlay, target, members, now);
        let of_row: HashMap<u32, f64> = ranked.iter().map(|member| (member.row, member.probability)).collect();
        let probabilities: Vec<f64> = members.iter().map(|row| of_row[row]).collect();
        let expected = self.expected_responses_to(&[target], probabilities.iter().copied());
        let level = self.push_level_of(target);
        Ok((probabilities.into_iter().map(|of_pair| level.probability(of_pair)).collect(), expected))
    }

    /// The expected responses of members who are pushed to and whose pairs have these probabilities. With several targets,
    /// the one that varies most decides about the interval, and the first about the level.
    pub(super) fn expected_responses_to(
        &self,
        targets: &[ResolvedTarget],
        probabilities: impl Iterator<Item = f64>,
    ) -> ExpectedResponses {
        let ranker = |target: &ResolvedTarget| match *target {
            ResolvedTarget::Item(item) => self.ranker(group_of(self.snapshot().items.kind[item]), Side::Audiences),
            ResolvedTarget::Topic(_) => None,
        };
        let calibrated = targets.iter().all(|target| ranker(target).is_some_and(|ranker| ranker.calibrated));
        let dispersions: Option<Vec<f32>> = targets.iter().map(|target| ranker(target)?.dispersion).collect();
        let dispersion = dispersions.and_then(|all| all.into_iter().reduce(f32::max));
        let level = targets.first().map_or(PushLevel::NONE, |&target| self.push_level_of(target));
        expected_responses(probabilities.map(|of_pair| level.probability(of_pair)), calibrated, dispersion)
    }

    /// The level of pushes of a target. That of a topic is not known.
    pub(super) fn push_level_of(&self, target: ResolvedTarget) -> PushLevel {
        match target {
            ResolvedTarget::Item(item) => self.push_level(item),
            ResolvedTarget::Topic(_) => PushLevel::NONE,
        }
    }

    /// Adds reasons to all rows, or to those of the sample.
    fn add_reasons(
        &self,
        overlay: &Overlay,
        target: ResolvedTarget,
        rows: &mut [AudienceRow],
        request: &AudienceRequest,
    ) {
        let side = |target| match target {
            ResolvedTarget::Item(item) => Some(ItemScorer::new(self, overlay, item, request.now)),
            ResolvedTarget::Topic(_) => None,
        };
        // One scorer for each variant, then one for the target.
        let of_variants = request.variants.iter().map(|variant| {
            let item = variant.item_id.as_deref().and_then(|id| self.item_row(id));
            item.map_or(target, ResolvedTarget::Item)
        });
        let sides: Vec<_> = of_variants.chain([target]).map(|target| (side(target), target)).collect();
        let add = |profile: &mut Profile, row: &mut AudienceRow| {
            if request.all_reasons {
                row.openid = overlay.openid(self, row.member).unwrap_or_default().to_owned();
            }
            let state = overlay.member(row.member);
            let (side, target) = &sides[row.variant.unwrap_or(request.variants.len())];
            let series = side.as_ref().map_or(NONE, |side| side.facts.series);
            profile.load_for_series(self, state, series);
            row.reasons = match (side, *target) {
                (Some(side), _) => {
                    let features = side.features(profile, state);
                    let facts = &side.facts;
                    let (asked, now) = (Side::Audiences, request.now);
                    let context = ReasonContext { side: asked, profile, state, facts, features: &features, now };
                    self.reasons(context, request.language)
                }
                (None, ResolvedTarget::Topic(topic)) => self.topic_reasons(profile, topic, request),
                (None, ResolvedTarget::Item(_)) => Vec::new(),
            };
        };
        if request.all_reasons {
            rows.par_iter_mut().for_each_init(Profile::default, add);
        } else {
            let mut profile = Profile::default();
            let pushed = rows.iter_mut().filter(|row| row.arm == ExperimentArm::Push);
            pushed.take(request.sample).for_each(|row| add(&mut profile, row));
        }
    }

    fn topic_reasons(&self, profile: &Profile, topic: u32, request: &AudienceRequest) -> Vec<Reason> {
        let name = &self.snapshot().topics[topic as usize];
        let why = if self.is_preferred(profile, topic) {
            Some(ReasonKind::Topic(name))
        } else if profile.evidence_for(topic) > 0.0 {
            Some(ReasonKind::TopicBefore(name))
        } else {
            None
        };
        why.map(|why| why.reason(zhihui_data::ItemKind::Article, request.language, Reader::Staff)).into_iter().collect()
    }

    fn breakdowns(&self, rows: &[u32]) -> BTreeMap<String, Vec<Breakdown>> {
        let snapshot = self.snapshot();
        let members = &snapshot.members;
        let unknown = || AgeBands::UNKNOWN.to_owned();
        let name = |names: &[String], index: u32| name_of(names, index).map_or_else(unknown, str::to_owned);
        let gender = |code: u32| match code {
            1 => Gender::Male.as_str().to_owned(),
            2 => Gender::Female.as_str().to_owned(),
            _ => unknown(),
        };
        let count = |value: &(dyn Fn(usize) -> u32 + Sync), key: &dyn Fn(u32) -> String| {
            let counts = count_values(rows, value);
            let mut by_key: BTreeMap<String, usize> = BTreeMap::new();
            for (place, members) in counts.into_iter().enumerate().filter(|(_, members)| *members > 0) {
                *by_key.entry(key((place as u32).wrapping_sub(1))).or_default() += members;
            }
            let mut groups: Vec<Breakdown> =
                by_key.into_iter().map(|(key, members)| Breakdown { key, members }).collect();
            groups.sort_by(|left, right| right.members.cmp(&left.members).then_with(|| left.key.cmp(&right.key)));
            groups
        };
        let band = |band: u32| snapshot.age_bands.label(band as usize);
        let mut by_band = count(&|row| u32::from(members.age_band[row]), &band);
        by_band.sort_by_key(|group| snapshot.age_bands.named(&group.key));
        let mut by_union = count(&|row| members.union[row], &|union| name(&snapshot.unions.id, union));
        by_union.truncate(UNIONS);
        let district = |district: u32| name(&snapshot.districts, district);
        BTreeMap::from([
            ("age_band".to_owned(), by_band),
            ("union_id".to_owned(), by_union),
            ("home_district".to_owned(), count(&|row| members.home_district[row], &district)),
            ("gender".to_owned(), count(&|row| u32::from(members.gender[row]), &gender)),
        ])
    }
}

/// The number of members by value. The first place is that of a missing value.
fn count_values(rows: &[u32], value: &(dyn Fn(usize) -> u32 + Sync)) -> Vec<usize> {
    let count = |mut counts: Vec<usize>, &row: &u32| {
        let place = value(row as usize).wrapping_add(1) as usize;
        if counts.len() <= place {
            counts.resize(place + 1, 0);
        }
        counts[place] += 1;
        counts
    };
    let add = |mut left: Vec<usize>, mut right: Vec<usize>| {
        if left.len() < right.len() {
            std::mem::swap(&mut left, &mut right);
        }
        left.iter_mut().zip(right).for_each(|(left, right)| *left += right);
        left
    };
    rows.par_iter().with_min_len(MEMBERS_PER_TASK).fold(Vec::new, count).reduce(Vec::new, add)
}

fn sentence(name: &str, selected: usize, held_out: usize, expected: &ExpectedResponses) -> Sentence {
    let [value, low, high] =
        [expected.value.round(), expected.low.floor(), expected.high.ceil()].map(|count| grouped(count, 0));
    let (zh, en) = match (held_out, whole(held_out)) {
        (0, _) => (String::new(), String::new()),
        (_, text) => (
            format!("另有 {text} 人作为对照组不推送，"),
            format!(", {text} more {} held out", plural(&text, "is", "are")),
        ),
    };
    let selected = whole(selected);
    let (members, are) = (counted(&selected, "member", "members"), plural(&value, "is", "are"));
    let caution = if expected.calibrated { ("", "") } else { ("（粗略估计）", " (a rough estimate)") };
    Sentence {
        zh: format!(
            "「{name}」可推送 {selected} 人，{zh}预计响应 {value} 人，大致在 {low} 到 {high} 人之间{}。",
            caution.0
        ),
        en: format!(
            "“{name}” can be pushed to {members}{en}; about {value} {are} expected to respond, {low} to {high}{}.",
            caution.1
        ),
    }
}
