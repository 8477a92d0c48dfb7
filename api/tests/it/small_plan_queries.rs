//! Plans and look-alikes over the small state.

use serde_json::json;
use zhihui_api::{BandPlanQuery, LookAlikesQuery, PlanQueries, QueryError};
use zhihui_engine::Language;
use zhihui_engine::audience::{BandPlan, LookAlikes};

use crate::support::{NOW, Small};

impl PlanQueries for Small {
    fn band_plan(&self, query: &BandPlanQuery, _now: i64) -> Result<BandPlan, QueryError> {
        let expected = |value: f64| json!({ "value": value, "low": value / 2.0, "high": value * 2.0, "level": 0.9, "calibrated": true });
        let option = |(at, id): (usize, &String)| {
            json!({ "item_id": id, "candidates": 100, "selected": 90, "expected_responses": expected(9.0 - at as f64),
                "seats_decide": at == 0 })
        };
        let options: Vec<_> = query.item_ids.iter().enumerate().map(option).collect();
        let item = |id: &String| {
            json!({ "item_id": id, "kind": "activity", "title": format!("活动 <{id}>"), "seats_left": 30,
            "excluded": { "exclusion_list": 1_200, "other_list": 34, "opted_out": 5 } })
        };
        let group = |key: &str, merged: &[&str]| {
            json!({ "key": key, "merged": merged, "members": 1_234, "rule": { "field": "age_band", "eq": key },
                "item_id": query.item_ids[0], "expected_responses": expected(9.0), "moved_by_seats": false,
                "options": options })
        };
        let total = |item: Option<&String>, value: f64| json!({ "item_id": item, "selected": 180, "expected_responses": expected(value), "seats_decide": true });
        let plan = json!({
            "as_of": zhihui_api::SnapshotInfo::as_of_text(&zhihui_api::EngineQueries::info(self)), "version": self.version,
            "by": query.by, "sentence": { "zh": "按年龄段分别推送", "en": "An item for each age band" },
            "items": query.item_ids.iter().map(item).collect::<Vec<_>>(), "mixes_responses": false,
            "groups": [group("25-34", &[]), group("others", &["65+", "unknown"])],
            "plan": total(None, 18.0), "single": total(query.item_ids.get(1), 16.0),
            "gain": { "value": 2.0, "low": -1.0, "high": 5.0, "level": 0.9 },
        });
        Ok(serde_json::from_value(plan).unwrap())
    }

    fn look_alikes(&self, query: &LookAlikesQuery, now: i64, _language: Language) -> Result<LookAlikes, QueryError> {
        assert!(now >= NOW, "the clock does not go back");
        let size = |width: &str, share: f64, members: usize| json!({ "width": width, "share": share, "members": members, "excluded": 0 });
        let found = json!({
            "as_of": zhihui_api::SnapshotInfo::as_of_text(&zhihui_api::EngineQueries::info(self)), "version": self.version,
            "sentence": { "zh": "相近的会员", "en": "Members like them" },
            "seed": { "members": 40, "usable": 30, "opted_out": 6, "without_evidence": 4, "unknown": 0 },
            "base": 1_000, "unranked": 100,
            "sizes": [size("narrow", 0.01, 10), size("medium", 0.05, 50), size("wide", 0.1, 100)],
            "width": query.width,
            "topics": [{ "topic": "亲子", "share": 0.4, "overall_share": 0.2, "lift": 2.0 }],
            "breakdowns": { "age_band": [{ "key": "25-34", "members": 50 }] },
            "sample": [{ "member_id": "m1", "rank": 1, "reasons": [] }], "rule": null,
        });
        Ok(serde_json::from_value(found).unwrap())
    }
}
