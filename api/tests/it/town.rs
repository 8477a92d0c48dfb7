//! A snapshot of some members that a test changes from day to day.

use std::sync::atomic::Ordering;

use zhihui_api::PublishedEngine;
use zhihui_data::snapshot::{History, Lists, NO_TIME, NONE, Snapshot, SparseRows, encode};
use zhihui_engine::Engine;

use crate::engine::tiny;
use crate::support::{Fixture, HOUR, NOW};

/// Indices of age bands.
pub const YOUNG: u8 = 2;
pub const OLDER: u8 = 3;

/// A member: id, age band and union (1 for `u2`, 2 for `u3`, which are below `u1`).
pub type Resident<'a> = (&'a str, u8, u32);

/// The snapshot of a day, counted from 2026-11-22, with these members, ascending in id. All follow the account and allow
/// personalised lists. `version` tells snapshots of one day apart.
pub fn town(day: i64, version: &str, residents: &[Resident<'_>]) -> Snapshot {
    let n = residents.len();
    let mut snapshot = tiny();
    snapshot.as_of = NOW - HOUR + day * 24 * HOUR;
    snapshot.version = format!("{}-{version}", snapshot.as_of);
    snapshot.unions.id = ["u1", "u2", "u3"].map(str::to_owned).to_vec();
    snapshot.unions.name = ["总会", "一厂工会", "二厂工会"].map(str::to_owned).to_vec();
    snapshot.unions.district = vec![NONE; 3];
    snapshot.unions.parent = vec![NONE, 0, 0];
    let members = &mut snapshot.members;
    members.id = residents.iter().map(|(id, ..)| (*id).to_owned()).collect();
    members.openid = residents.iter().map(|(id, ..)| format!("o-{id}")).collect();
    members.union = residents.iter().map(|&(.., union)| union).collect();
    members.memberships = Lists::from_rows(vec![[0_u32; 0]; n]);
    members.age_band = residents.iter().map(|&(_, band, _)| band).collect();
    members.age = residents.iter().map(|&(_, band, _)| 10 + 10 * u32::from(band)).collect();
    members.gender = vec![1; n];
    members.home_district = vec![NONE; n];
    members.work_district = vec![NONE; n];
    members.joined_at = vec![NO_TIME; n];
    members.follows = vec![true; n];
    members.personalised = vec![true; n];
    members.team_match = vec![false; n];
    members.lifecycle = vec![2; n];
    members.segment = vec![NONE; n];
    snapshot.history = History::without_events(n);
    snapshot.sign_ups.starts = vec![0; n + 1];
    snapshot.model.preferences.evidence = SparseRows::from_rows(vec![[(0_u32, 0.0_f32); 0]; n]);
    snapshot
}

/// Publishes a snapshot an hour after its instant and computes what is missing. Returns how many days were stored.
pub async fn publish(fixture: &Fixture, snapshot: Snapshot) -> usize {
    encode(&snapshot).expect("the snapshot is valid");
    fixture.clock.store(snapshot.as_of + HOUR, Ordering::Relaxed);
    fixture.service.publish(PublishedEngine::new(Engine::new(snapshot)));
    fixture.service.compute_audience_days().await.unwrap()
}
