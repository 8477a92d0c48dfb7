//! Makes a plan: groups with their items, totals, and the comparison with one item for all.

use zhihui_data::ItemKind;

use super::{
    BandPlan, BandPlanRequest, PlanGroup, PlanItem, PlanOption, PlanTotal, ResponseGain,
    assignment::Choices,
    candidates::ItemCandidates,
    forecast::{Forecast, total},
    groups::{Group, Groups},
    sentence::sentence,
};
use crate::{
    Engine, Overlay,
    audience::{
        AudienceError, Resolver, Rule, StopCheck, evaluate::Evaluation, expected_responses::ResponseMoments,
        funnel::Funnel, selection::RankedMember,
    },
};

/// Coverage of the interval of the gain.
const LEVEL: f64 = 0.9;

/// What all steps need.
struct PlanContext<'a> {
    engine: &'a Engine,
    overlay: &'a Overlay,
    request: &'a BandPlanRequest,
    items: Vec<ItemCandidates>,
    groups: Groups,
    /// `forecasts[group][item]`.
    forecasts: Vec<Vec<Forecast>>,
}

impl Engine {
    /// Plans several items for one slot: each group of members gets the item to which most are expected to respond.
    ///
    /// Of a pair of a group and an item, those are expected whom the audience of the item with the group's rule would
    /// select. Groups with the same item share its seats. If no plan with several items is better, all groups get the same.
    ///
    /// # Errors
    /// [`AudienceError`] if an item is unknown, there are too few or too many of them, the rule is invalid, or `stop`
    /// returned true.
    pub fn band_plan(
        &self,
        overlay: &Overlay,
        request: &BandPlanRequest,
        resolve: &Resolver<'_>,
        stop: &StopCheck<'_>,
    ) -> Result<BandPlan, AudienceError> {
        let audience = &request.audience;
        if !(0.0..1.0).contains(&audience.hold_out) {
            return Err(AudienceError::BadHoldOut(audience.hold_out));
        }
        let within = audience.within.as_deref();
        let evaluation = Evaluation { engine: self, overlay, now: audience.now, within, resolve, stop };
        let mut in_rule = vec![false; self.snapshot().members.id.len()];
        let matching = Funnel::of_rule(&evaluation, audience.rule.as_ref())?.rows;
        matching.iter().for_each(|&row| in_rule[row as usize] = true);
        let items = self.plan_candidates(overlay, request, &matching, stop)?;
        let groups = Groups::of(self, overlay, request, (&in_rule, &items));
        let mut context = PlanContext { engine: self, overlay, request, items, groups, forecasts: Vec::new() };
        for group in 0..context.groups.groups.len() {
            let of_items = context.items.iter().map(|item| context.forecast(item, |other| other == group));
            let of_items = of_items.collect();
            context.forecasts.push(of_items);
        }
        Ok(context.plan())
    }
}

impl PlanContext<'_> {
    /// The forecast of an item for the groups that `includes` selects.
    fn forecast(&self, item: &ItemCandidates, includes: impl Fn(usize) -> bool) -> Forecast {
        let in_group = |member: &&RankedMember| includes(self.groups.of_member[member.row as usize]);
        let ranked = item.ranked.iter().filter(in_group).copied().collect::<Vec<_>>();
        Forecast::of(self.engine, self.overlay, item, &ranked)
    }

    fn plan(&self) -> BandPlan {
        let choices = Choices {
            value: self.forecasts.iter().map(|items| items.iter().map(|forecast| forecast.value).collect()).collect(),
            limit: self.items.iter().map(|item| self.response_limit(item)).collect(),
        };
        let mut assigned = choices.assign();
        let totals = |item: usize| self.totals(&assigned.iter().map(|known| known.map(|_| item)).collect::<Vec<_>>());
        let has_any = assigned.iter().any(Option::is_some);
        let singles = (0..self.items.len()).map(|item| (item, totals(item)));
        let better = |best: (usize, Totals), next: (usize, Totals)| {
            if next.1.moments.value > best.1.moments.value { next } else { best }
        };
        let single = singles.reduce(better).filter(|_| has_any);
        let mut plan = self.totals(&assigned);
        // The search knows the seats of items, not those of unions, so its result may turn out not to be better.
        if let Some((item, totals)) = &single
            && totals.moments.value >= plan.moments.value
        {
            assigned.iter_mut().for_each(|known| *known = known.map(|_| *item));
            plan = totals.clone();
        }
        let gain = self.gain(&assigned, &plan, single.as_ref());
        let items: Vec<PlanItem> = self.items.iter().map(|item| self.item(item)).collect();
        let is_article = |item: &PlanItem| item.kind == ItemKind::Article;
        let plan_total = self.plan_total(&plan, common_item(&assigned));
        let single = single.map(|(item, totals)| self.plan_total(&totals, Some(item)));
        BandPlan {
            as_of: self.engine.as_of(),
            version: self.engine.snapshot().version.clone(),
            by: self.request.by,
            sentence: sentence(self.request.by, &items, (&plan_total, single.as_ref()), &gain),
            mixes_responses: items.iter().any(is_article) && !items.iter().all(is_article),
            groups: (0..self.groups.groups.len()).map(|group| self.group(group, &assigned, &choices)).collect(),
            items,
            plan: plan_total,
            single,
            gain,
        }
    }

    /// How many responses of the arm `push` the seats left of an item allow.
    fn response_limit(&self, item: &ItemCandidates) -> f64 {
        let seats = self.engine.seats_left_in_all(self.overlay, &item.terms);
        let tickets = self.engine.expected_tickets(&item.terms);
        seats.map_or(f64::INFINITY, |seats| f64::from(seats) / tickets * (1.0 - self.request.audience.hold_out))
    }

    fn totals(&self, assigned: &[Option<usize>]) -> Totals {
        let forecast = |(place, item)| {
            let includes = |group: usize| assigned.get(group).copied().flatten() == Some(place);
            (self.forecast(item, includes), item)
        };
        let forecasts: Vec<(Forecast, &ItemCandidates)> = self.items.iter().enumerate().map(forecast).collect();
        let used: Vec<(Forecast, &ItemCandidates)> =
            forecasts.iter().filter(|(forecast, _)| forecast.candidates > 0).copied().collect();
        Totals {
            moments: total(&used),
            selected: used.iter().map(|(forecast, _)| forecast.selected).sum(),
            seats_decide: used.iter().any(|(forecast, _)| forecast.seats_decide),
            by_item: forecasts.iter().map(|(forecast, _)| forecast.value).collect(),
        }
    }

    /// The difference between the plan and the single item. Groups that get the single item in the plan, too, respond
    /// alike in both. All others respond independently. How far an item differs from its forecast is the same for all
    /// groups that get it.
    fn gain(&self, assigned: &[Option<usize>], plan: &Totals, single: Option<&(usize, Totals)>) -> ResponseGain {
        let Some((item, totals)) = single else {
            return ResponseGain { value: 0.0, low: 0.0, high: 0.0, level: LEVEL };
        };
        let mut difference = ResponseMoments {
            value: plan.moments.value - totals.moments.value,
            calibrated: plan.moments.calibrated && totals.moments.calibrated,
            is_dispersed: plan.moments.is_dispersed && totals.moments.is_dispersed,
            ..ResponseMoments::default()
        };
        for (forecasts, chosen) in self.forecasts.iter().zip(assigned) {
            if let Some(chosen) = chosen.filter(|chosen| chosen != item) {
                difference.variance += forecasts[chosen].variance + forecasts[*item].variance;
            }
        }
        for ((candidates, plan), single) in self.items.iter().zip(&plan.by_item).zip(&totals.by_item) {
            difference.variance += candidates.variation(plan - single);
        }
        let [low, high] = difference.interval_of_difference();
        ResponseGain { value: difference.value, low, high, level: LEVEL }
    }

    fn plan_total(&self, totals: &Totals, item: Option<usize>) -> PlanTotal {
        PlanTotal {
            item_id: item.map(|item| self.items[item].id.clone()),
            selected: totals.selected,
            expected_responses: totals.moments.expected_responses(),
            seats_decide: totals.seats_decide,
        }
    }

    fn item(&self, item: &ItemCandidates) -> PlanItem {
        let items = &self.engine.snapshot().items;
        PlanItem {
            item_id: item.id.clone(),
            kind: items.kind[item.item],
            title: items.title[item.item].clone(),
            seats_left: self.engine.seats_left_in_all(self.overlay, &item.terms).filter(|_| !item.terms.is_article),
            excluded: item.excluded.clone(),
        }
    }

    fn group(&self, at: usize, assigned: &[Option<usize>], choices: &Choices) -> PlanGroup {
        let Group { key, merged, condition, members } = &self.groups.groups[at];
        let option = |(item, forecast): (&ItemCandidates, &Forecast)| PlanOption {
            item_id: item.id.clone(),
            candidates: forecast.candidates,
            selected: forecast.selected,
            expected_responses: forecast.expected_responses(item),
            seats_decide: forecast.seats_decide,
        };
        let chosen = assigned[at];
        PlanGroup {
            key: key.clone(),
            merged: merged.clone(),
            members: *members,
            rule: both(self.request.audience.rule.as_ref(), condition),
            item_id: chosen.map(|item| self.items[item].id.clone()),
            expected_responses: chosen.map(|item| self.forecasts[at][item].expected_responses(&self.items[item])),
            moved_by_seats: chosen.is_some() && choices.best(at) != chosen,
            options: self.items.iter().zip(&self.forecasts[at]).map(option).collect(),
        }
    }
}

/// The totals of an assignment.
#[derive(Debug, Clone)]
struct Totals {
    moments: ResponseMoments,
    selected: usize,
    seats_decide: bool,
    /// Expected responses by item.
    by_item: Vec<f64>,
}

/// The item of all groups that have one, if it is the same.
fn common_item(assigned: &[Option<usize>]) -> Option<usize> {
    let mut items = assigned.iter().flatten();
    let first = *items.next()?;
    items.all(|&item| item == first).then_some(first)
}

/// The rule of a group: conditions of an outermost `all` stay one list, so that each keeps its row in the funnel.
fn both(rule: Option<&Rule>, condition: &Rule) -> Rule {
    match rule {
        None => condition.clone(),
        Some(Rule::All { all }) => Rule::All { all: all.iter().chain([condition]).cloned().collect() },
        Some(rule) => Rule::All { all: vec![rule.clone(), condition.clone()] },
    }
}
