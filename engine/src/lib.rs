//! Decides who gets what and why: lists for members, audiences for items, reasons, and definitions of report metrics.
//!
//! The crate works in memory on columns. It does no I/O and reads no clock: `now` and `as_of` are arguments. The same
//! snapshot, events and request give the same response, to the bit, on any number of threads.
//!
//! An [`Engine`] is an immutable snapshot with indexes. An [`Overlay`] holds the events and consent that arrived after the
//! snapshot. Every request reads both.
//!
//! ```
//! use zhihui_engine::answer::{Language, Who};
//! use zhihui_engine::overlay::{LiveEvent, LiveKind};
//! use zhihui_engine::{Engine, Ineligible, Overlay};
//!
//! # use zhihui_data::snapshot::*;
//! # let now = 1_795_233_600;
//! # let lists = || Lists::from_rows(vec![Vec::<u32>::new()]);
//! # let sparse = || SparseRows::from_rows(vec![Vec::new()]);
//! # let bands = AgeBands::default();
//! # let members = Members {
//! #     id: vec!["M1".into()], openid: vec!["o1".into()], union: vec![NONE], memberships: lists(), age: vec![30],
//! #     age_band: vec![bands.band_of(30)], gender: vec![0], home_district: vec![NONE], work_district: vec![NONE],
//! #     joined_at: vec![NO_TIME], follows: vec![true], personalised: vec![true], team_match: vec![false],
//! #     lifecycle: vec![0], segment: vec![NONE],
//! # };
//! # let items = Items {
//! #     id: vec!["HIKE".into()], kind: vec![zhihui_data::ItemKind::Activity], title: vec!["Autumn hike".into()],
//! #     topics: lists(), published_at: vec![NO_TIME], opens_at: vec![now - 60], closes_at: vec![now + 86_400],
//! #     starts_at: vec![now + 90_000], ends_at: vec![now + 99_000], union: vec![NONE], capacity: vec![20],
//! #     per_union_cap: vec![NONE], per_member_cap: vec![NONE], child_tickets: vec![NONE], own_session_at: vec![NONE],
//! #     team_size: vec![NONE], min_age: vec![NONE], max_age: vec![NONE], gender: vec![0], limited_to_unions: vec![false],
//! #     open_to_unions: lists(), limited_to_districts: vec![false], open_to_districts: lists(), district: vec![NONE],
//! #     price: vec![0.0], urgent: vec![false], announces: vec![NONE], seats_taken: vec![0], seats_by_union: sparse(),
//! # };
//! # let n_bands = bands.count();
//! # let model = Model {
//! #     popularity: Popularity { half_life_days: [7.0, 14.0], overall: vec![1.0], by_band: vec![0.1; n_bands] },
//! #     preferences: Preferences { evidence: sparse(), prior_weight: vec![1.0; n_bands], ..Preferences::default() },
//! #     neighbours: sparse(), ..Model::default()
//! # };
//! # let history = History::without_events(1);
//! # let sign_ups = SignUps { starts: vec![0, 0], ..SignUps::default() };
//! # let snapshot = Snapshot { as_of: now, members, items, history, sign_ups, model, ..Snapshot::default() };
//! // The pipeline builds snapshots; `zhihui_data::snapshot::decode` loads them. This one has one member and one hike.
//! let engine = Engine::new(snapshot);
//! let mut overlay = Overlay::default();
//!
//! let popular = engine.popular(&overlay, None, 10, now, Language::En);
//! assert_eq!(popular.items[0].title, "Autumn hike");
//!
//! // Eligibility returns the seats that a member can take, or the first limit that is not met.
//! let member = Who::Member("M1");
//! assert_eq!(engine.eligibility(&overlay, member, "HIKE", now), Some(Ok(Some(20))));
//!
//! // Live events take effect immediately.
//! let what = LiveKind::SignUp { tickets: 2, children: 0, waitlisted: false };
//! overlay.apply(&engine, &LiveEvent { who: member, item_id: Some("HIKE"), at: now, what });
//! assert_eq!(engine.eligibility(&overlay, member, "HIKE", now), Some(Err(Ineligible::AlreadySignedUp)));
//! let popular = engine.popular(&overlay, None, 10, now, Language::En);
//! assert_eq!(popular.items[0].seats_left, Some(18));
//! ```
//!
//! | item | contents |
//! | --- | --- |
//! | [`Engine`] | the snapshot with `recommend`, `similar`, `popular`, `eligibility`, `explain`, `features` and `audience` |
//! | [`overlay`] | live events and consent since the snapshot |
//! | [`answer`] | requests and responses of lists |
//! | [`audience`] | rules, requests for audiences, previews and rows |
//! | [`insight`] | items, members and the model for pages |
//! | [`teams`] | possible team-mates for an activity, and what they share |
//! | [`report`] | the report's structure, metric definitions, suppression of small groups, uplift |
//! | [`wording`] | numbers in sentences |
//!
//! `engine/examples/rank_an_audience.rs` selects, ranks and explains an audience on made-up data.

pub mod allocation;
pub mod answer;
pub mod audience;
mod eligibility;
mod engine;
mod index;
pub mod insight;
mod member_profile;
pub mod overlay;
mod recommend;
pub mod report;
mod scoring;
pub mod teams;
pub mod wording;

pub use answer::{Language, Reason, Recommendations, RecommendedItem};
pub use eligibility::Ineligible;
pub use engine::Engine;
pub use member_profile::{MemberProfile, TopicPreference};
pub use overlay::Overlay;
pub use recommend::{CandidateRanker, FlooredList, GroupAttention, ListOptions, Order};
pub use scoring::{
    Cause, Explanation, FEATURES, FeatureContribution, ItemPart, MemberFeatures, N_FEATURES, attention_weight,
    event_weight, interaction_weight,
};
