//! An engine over a small state with known responses.

use serde_json::json;
use zhihui_api::{
    AudienceChoices, AudienceQuery, AudienceVisitor, EngineQueries, PageQueries, PopularRequest, QueryError,
    SimilarRequest, SnapshotInfo,
};
use zhihui_data::snapshot::{EventKind, ItemGroup, Sides, Snapshot};
use zhihui_data::{ItemKind, Zone};
use zhihui_engine::answer::{ItemList, RecommendRequest, Who};
use zhihui_engine::audience::{AudienceResult, Preview};
use zhihui_engine::insight::{
    HistoryCount, InterestMap, ItemDay, ItemInsight, Limits, MapCell, MemberInsight, ModelInsight, Phase,
    RankerInsight, Reach, SegmentInsight, TopicShare,
};
use zhihui_engine::{Language, Reason, Recommendations, RecommendedItem};

use crate::support::{BLOCKED, HOUR, NOW};

/// One known member `m1` (openid `o1`), items `a1`, `a2`, …
#[derive(Debug, Clone)]
pub struct Small {
    pub version: &'static str,
}

impl Small {
    fn items(&self, request_n: usize, kind: Option<ItemKind>, language: Language) -> Vec<RecommendedItem> {
        let text = match language {
            Language::Zh => "很多人在看",
            Language::En => "many are reading it",
        };
        let item = |at: usize| RecommendedItem {
            item_id: format!("a{at}"),
            kind: kind.unwrap_or(ItemKind::Article),
            title: format!("文章 {at}"),
            rank: at,
            probability: Some(0.5 / at as f64),
            calibrated: true,
            reasons: vec![Reason { code: "popular".into(), text: text.into() }],
            seats_left: None,
            explored: false,
            propensity: None,
        };
        (1..=request_n.min(20)).map(item).collect()
    }

    fn as_of(&self) -> String {
        self.info().as_of_text()
    }
}

impl EngineQueries for Small {
    fn info(&self) -> SnapshotInfo {
        SnapshotInfo {
            version: self.version.into(),
            as_of: NOW - HOUR,
            members: 43_000,
            items: 1_234,
            model: "ials".into(),
            zone: Zone::default(),
        }
    }

    fn recommend(&self, request: &RecommendRequest<'_>) -> Recommendations {
        let known = match request.who {
            Who::Member("panic") => panic!("a fault in the engine"),
            Who::Member("slow") => {
                std::thread::sleep(std::time::Duration::from_millis(300));
                true
            }
            Who::Member(id) => id == "m1",
            Who::OpenId(id) => id == "o1",
        };
        let mut items = self.items(request.n + request.exclude.len(), request.kind, request.language);
        items.retain(|item| !request.exclude.contains(&item.item_id));
        items.truncate(request.n);
        Recommendations {
            member_id: known.then(|| "m1".to_owned()),
            as_of: self.as_of(),
            version: self.version.into(),
            personalised: known && !request.general,
            items,
        }
    }

    fn similar(&self, request: &SimilarRequest<'_>) -> Result<ItemList, QueryError> {
        if !request.item_id.starts_with('a') {
            return Err(QueryError::UnknownItem(request.item_id.to_owned()));
        }
        let items = self.items(request.n, request.kind, request.language);
        Ok(ItemList { as_of: self.as_of(), version: self.version.into(), items })
    }

    fn popular(&self, request: &PopularRequest<'_>) -> Result<ItemList, QueryError> {
        match request.age_band {
            None | Some("25-34" | "65+" | "unknown") => {
                let items = self.items(request.n, request.kind, request.language);
                Ok(ItemList { as_of: self.as_of(), version: self.version.into(), items })
            }
            Some(_) => Err(QueryError::Parameter { parameter: "age_band", what: "there is no such band".into() }),
        }
    }

    fn preview(&self, query: &AudienceQuery, _now: i64, _language: Language) -> Result<Preview, QueryError> {
        match query.item_id.as_deref() {
            Some("panic") => panic!("a fault in the engine"),
            Some("blocked") => drop(BLOCKED.blocking_lock()),
            Some("endless") => {
                while !query.cancel.is_set() {
                    std::thread::sleep(std::time::Duration::from_millis(1));
                }
            }
            _ => {}
        }
        let preview = json!({
            "as_of": self.as_of(), "version": self.version, "sentence": { "zh": "选中 90 人", "en": "90 members" },
            "funnel": [{ "step": "all", "path": null, "left": 100 }], "selected": 90, "held_out": 10,
            "expected_responses": { "value": 9.0, "low": 5.0, "high": 14.0, "level": 0.9, "calibrated": true },
            "breakdowns": { "age_band": [{ "key": "25-34", "members": 90 }] },
            "sample": [{ "member_id": "m1", "rank": 1, "probability": 0.3, "reasons": [] }], "excluded": { "limit": 0 },
        });
        Ok(serde_json::from_value(preview).unwrap())
    }
}

/// The item queries of the small state: an activity `b1` with seats and an article `a1`.
impl PageQueries for Small {
    fn item_list(&self, since: i64, now: i64) -> Vec<ItemInsight> {
        let article = self.item_view("a1", now).filter(|item| item.published_at.is_some_and(|at| at >= since));
        self.item_view("b1", now).into_iter().chain(article).collect()
    }

    fn item_view(&self, item_id: &str, _now: i64) -> Option<ItemInsight> {
        let is_article = item_id.starts_with('a');
        (is_article || item_id == "b1").then(|| ItemInsight {
            item_id: item_id.into(),
            kind: if is_article { ItemKind::Article } else { ItemKind::Activity },
            title: if is_article { "文章 <1>".into() } else { "亲子采摘 & 野餐".into() },
            topics: vec!["亲子".into()],
            phase: Phase::Open,
            published_at: is_article.then_some(NOW - 24 * HOUR),
            opens_at: None,
            closes_at: (!is_article).then_some(NOW + 24 * HOUR),
            starts_at: None,
            ends_at: None,
            union: Some("一厂工会".into()),
            district: Some("朝阳".into()),
            price: Some(0.0),
            urgent: false,
            capacity: (!is_article).then_some(200),
            seats_left: (!is_article).then_some(30),
            limits: Limits { min_age: Some(18), ..Limits::default() },
        })
    }

    fn reach_of(&self, item_ids: &[&str], _within: Option<&str>, _now: i64) -> Vec<Reach> {
        let reach = Reach { eligible: 2_000, reachable: 1_234, expected: 56.4, calibrated: true, extrapolated: false };
        vec![reach; item_ids.len()]
    }

    fn item_days(&self, _item_id: &str, midnights: &[i64]) -> Vec<ItemDay> {
        let day = ItemDay { reads: 31, sign_ups: 2, pushes: 3, readers: 30, signers: 2, pushed: 3 };
        vec![day; midnights.len() - 1]
    }

    fn member_view(&self, member_id: &str) -> Option<MemberInsight> {
        (member_id == "m1").then(|| MemberInsight {
            member_id: "m1".into(),
            union: Some("一厂工会".into()),
            age_band: "25-34".into(),
            gender: 2,
            home_district: Some("朝阳".into()),
            work_district: None,
            joined_at: Some(NOW - 24 * HOUR),
            lifecycle: "active",
            segment: Some("亲子爱好者".into()),
            reachable: true,
            personalised: true,
            team_match: true,
            history: vec![HistoryCount { kind: EventKind::Read, count: 77, last_at: Some(NOW) }],
            preferences: vec![TopicShare { topic: "亲子".into(), share: 0.5, band_share: 0.2, own_weight: 9.0 }],
            own_weight: 9.0,
            prior_weight: 3.0,
        })
    }

    fn model_view(&self) -> ModelInsight {
        let gate = json!({ "model": "blend", "metric": "ndcg@20", "value": 0.31, "baseline": 0.25,
            "interval": [0.04, 0.08], "accepted": true, "members": 900 });
        let slice = json!({ "by": "history", "key": "0", "members": 120, "personal": 0.21, "popular": 0.22,
            "popular_in_age_band": 0.23, "gain": -0.02, "interval": [-0.03, -0.01] });
        let ranking =
            json!({ "ranking": "personal", "recall": 0.4, "ndcg": 0.31, "hit_rate": 0.5, "mrr": 0.2, "map": 0.15 });
        let bin = json!({ "low": 0.001, "high": 0.02, "examples": 1_500, "responses": 15, "predicted": 0.012, "observed": 0.01 });
        let estimate = json!({ "group": "articles", "policy": "explored", "value": 0.0812, "interval": [0.07, 0.09],
            "effective_sample_size": 812.4, "displays": 1_234, "members": 700 });
        let floor = |floor: f64, ndcg: f64, exposed: f64| {
            let group =
                json!({ "by": "union_size", "key": "1-9", "members": 80, "offered": 0.031, "exposed": exposed });
            json!({ "floor": floor, "ndcg": ndcg, "expected_responses": 0.5, "lists_changed": 90, "members": 900,
                "groups": [group] })
        };
        let card = json!({
            "off_policy": { "logged": 9_000, "explored": 1_234, "estimates": [estimate] },
            "exposure_floor": { "k": 20, "floors": [floor(0.0, 0.2, 0.012), floor(1.0, 0.19, 0.034)] },
            "gate": gate,
            "serving": [{ "zh": "给会员的列表：文章用个性化模型。", "en": "Lists for members: articles by the personal model." }],
            "sides": [
                { "group": "articles", "side": "lists", "metric": "ndcg@20", "members": 900, "responses": 2_100, "judged": 1_500,
                  "enough": true, "model": "blend", "value": 0.31, "at": {}, "accepted": true, "incumbent": null, "serves": "blend",
                  "rules": [{ "rule": "popular_in_age_band", "value": 0.25, "at": {}, "gain": 0.06, "interval": [0.04, 0.08] }],
                  "why": { "zh": "个性化模型确实胜过简单方法,由它服务。", "en": "The personal model beats the simple methods." } },
                { "group": "activities", "side": "audiences", "metric": "captured@1%,5%", "members": 80, "responses": 120,
                  "judged": 24, "enough": true, "model": "blend", "value": 0.105, "at": { "1%": 0.05, "5%": 0.16 },
                  "accepted": false, "incumbent": null, "serves": "neighbours",
                  "rules": [{ "rule": "neighbours", "value": 0.2, "at": { "1%": 0.1, "5%": 0.3 }, "gain": -0.095,
                              "interval": [-0.12, -0.07] }],
                  "why": { "zh": "其中最好的「相似内容」胜过按热度。", "en": "The best of them, item-kNN, serves." } },
                { "group": "articles", "side": "audiences", "metric": "captured@1%,5%", "members": 9, "responses": 12, "judged": 3,
                  "enough": false, "model": "blend", "value": null, "at": {}, "accepted": false, "incumbent": null,
                  "serves": "popular", "rules": [], "why": { "zh": "太少，不足以判断", "en": "Too few to judge" } },
            ],
            "members": 43_000,
            "comparison": { "k": 20, "baseline": "popular_in_age_band", "rankings": [ranking], "slices": [slice] },
            "rankers": { "articles": { "exposures": 12, "responses": 3, "brier": 0.009, "brier_of_base_rate": 0.01,
                "calibration_error": 0.002, "reliability": [bin] } },
            "parameters": { "seed": 7, "ials": { "factors": 32 } },
            "limits": [{ "code": "offline", "zh": "检验看的是<过去>。", "en": "The test looks at the <past>." }],
        });
        ModelInsight {
            name: "blend".into(),
            card: card.to_string(),
            rankers: vec![RankerInsight {
                group: ItemGroup::Articles,
                sides: Sides::Both,
                calibrated: false,
                weights: vec![("popularity".into(), 0.8)],
            }],
            segments: vec![SegmentInsight {
                name: "亲子爱好者".into(),
                topics: vec!["亲子".into()],
                members: 4_321,
                ages: vec![("25-34".into(), Some(4_309)), ("65+".into(), None)],
            }],
            map: Some(InterestMap { cells: vec![MapCell { x: 0.0, y: 1.0, segment: 0, members: 40 }], left_out: 7 }),
        }
    }

    fn choices(&self) -> AudienceChoices {
        AudienceChoices {
            topics: vec!["亲子".into()],
            age_bands: vec!["25-34".into(), "unknown".into()],
            ..AudienceChoices::default()
        }
    }

    fn audience(
        &self,
        _query: &AudienceQuery,
        _now: i64,
        _language: Language,
        visit: &mut AudienceVisitor<'_>,
    ) -> Result<(), QueryError> {
        let preview = self.preview(&AudienceQuery::default(), NOW, Language::Zh)?;
        visit(&Snapshot::default(), &AudienceResult { preview, rows: Vec::new(), variants: Vec::new() });
        Ok(())
    }
}
