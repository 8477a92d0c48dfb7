//! Team-mates by mutual consent, over HTTP and the real engine.

mod ended;

use axum::http::StatusCode;
use serde_json::{Value, json};
use zhihui_api::{PublishedEngine, Role, Settings, TeamSettings, schema};
use zhihui_data::snapshot::{History, Lists, NO_TIME, NONE, Snapshot, encode};
use zhihui_engine::Engine;
use zhihui_engine::report::MinGroupSize;

use crate::engine::tiny;
use crate::support::{Answer, Fixture, HOUR, NOW, with_key};

const MEMBERS: usize = 8;
const ACTIVITY: &str = "b1";

/// Eight members of two unions who want team-mates, live in one district, and can sign up for `b1` in teams.
fn players(team_size: u32) -> Snapshot {
    let mut snapshot = tiny();
    snapshot.districts = vec!["朝阳".into()];
    let members = &mut snapshot.members;
    members.id = (1..=MEMBERS).map(|number| format!("m{number}")).collect();
    members.openid = (1..=MEMBERS).map(|number| format!("o{number}")).collect();
    members.union = (0..MEMBERS as u32).map(|row| row % 2).collect();
    members.memberships = Lists::from_rows([[0_u32; 0]; MEMBERS]);
    members.age = vec![30; MEMBERS];
    members.age_band = vec![2; MEMBERS];
    members.gender = vec![1; MEMBERS];
    members.home_district = vec![0; MEMBERS];
    for column in [&mut members.work_district, &mut members.segment] {
        *column = vec![NONE; MEMBERS];
    }
    members.joined_at = vec![NO_TIME; MEMBERS];
    members.follows = vec![true; MEMBERS];
    members.personalised = vec![true; MEMBERS];
    members.team_match = vec![true; MEMBERS];
    members.lifecycle = vec![2; MEMBERS];
    snapshot.unions.id = vec!["u1".into(), "u2".into()];
    snapshot.unions.name = vec!["一厂工会".into(), "二厂工会".into()];
    snapshot.unions.district = vec![NONE; 2];
    snapshot.unions.parent = vec![NONE; 2];
    snapshot.items.team_size = vec![NONE, team_size];
    snapshot.items.capacity = vec![NONE; 2];
    snapshot.items.starts_at[1] = NOW + 96 * HOUR;
    snapshot.history = History::without_events(MEMBERS);
    snapshot.sign_ups.starts = vec![0; MEMBERS + 1];
    snapshot.model.preferences.evidence =
        zhihui_data::snapshot::SparseRows::from_rows([[(0_u32, 0.0_f32); 0]; MEMBERS]);
    snapshot
}

struct Town {
    fixture: Fixture,
    key: String,
}

impl Town {
    async fn new(team_size: u32) -> Self {
        Self::with(team_size, TeamSettings::default()).await
    }

    async fn with(team_size: u32, teams: TeamSettings) -> Self {
        let snapshot = players(team_size);
        encode(&snapshot).expect("the snapshot is valid");
        let fewest_people = MinGroupSize::try_from(5).unwrap();
        let fixture = Fixture::unpublished(Settings { teams, fewest_people, ..Settings::default() }).await;
        fixture.service.publish_with_events(PublishedEngine::new(Engine::new(snapshot))).await.unwrap();
        let key = fixture.key(Role::Backend).await;
        Self { fixture, key }
    }

    async fn post(&self, path: &str, body: &Value) -> Answer {
        self.fixture.post(&format!("/v1/teams{path}"), &self.key, body).await
    }

    async fn suggestions(&self, member: &str, n: usize) -> schema::TeamSuggestions {
        let body = json!({ "member_id": member, "activity_id": ACTIVITY, "n": n });
        let answer = self.post("/suggestions", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        serde_json::from_str(&answer.text).unwrap()
    }

    async fn try_invite(&self, member: &str, token: &str) -> Answer {
        let body = json!({ "member_id": member, "activity_id": ACTIVITY, "token": token });
        self.post("/invitations", &body).await
    }

    async fn invite(&self, member: &str, token: &str) -> schema::TeamInvitation {
        let answer = self.try_invite(member, token).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
        serde_json::from_str(&answer.text).unwrap()
    }

    async fn reply(&self, id: &str, reply: &str, member: &str) -> Answer {
        self.post(&format!("/invitations/{id}/{reply}"), &json!({ "member_id": member })).await
    }

    async fn invitations(&self, member: &str) -> Vec<schema::TeamInvitation> {
        let answer = self.fixture.get(&format!("/v1/teams/invitations?member_id={member}"), &self.key).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        serde_json::from_str::<schema::TeamInvitations>(&answer.text).unwrap().invitations
    }

    async fn teams(&self, member: &str) -> Vec<schema::Team> {
        let answer = self.fixture.get(&format!("/v1/teams?member_id={member}"), &self.key).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        serde_json::from_str::<schema::Teams>(&answer.text).unwrap().teams
    }

    /// Who sees an invitation that waits for an answer.
    async fn invitee(&self) -> String {
        for number in 1..=MEMBERS {
            let member = format!("m{number}");
            if self.invitations(&member).await.iter().any(|invitation| invitation.role == schema::TeamRole::Invitee) {
                return member;
            }
        }
        panic!("nobody was invited");
    }

    /// `m1` invites the first suggestion. Returns the invitation and who was invited.
    async fn invited(&self) -> (schema::TeamInvitation, String) {
        let token = self.suggestions("m1", 1).await.suggestions.remove(0).token;
        (self.invite("m1", &token).await, self.invitee().await)
    }

    async fn put(&self, path: &str, body: &Value) {
        let answer = self.fixture.put(path, &self.key, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    }
}

fn seen(invitation: &schema::TeamInvitation) -> String {
    format!(
        "{:?} {:?} {} {:?} {:?}",
        invitation.role,
        invitation.state,
        invitation.agreed,
        invitation.people,
        invitation.shared.len()
    )
}

#[tokio::test]
async fn suggestions_name_nobody_and_come_from_the_other_union_first() {
    let town = Town::new(2).await;
    let answer = town.post("/suggestions", &json!({ "member_id": "m1", "activity_id": ACTIVITY, "n": 20 })).await;
    for number in 1..=MEMBERS {
        for id in [format!("\"m{number}\""), format!("\"o{number}\"")] {
            assert!(!answer.text.contains(&id), "{} names {id}", answer.text);
        }
    }
    let list: schema::TeamSuggestions = serde_json::from_str(&answer.text).unwrap();
    assert_eq!((list.suggestions.len(), list.team_size, list.left_today), (7, 2, 13));
    let codes: Vec<&str> = list.suggestions[0].shared.iter().map(|reason| reason.code.as_str()).collect();
    assert_eq!(codes, ["same_home_district", "same_age_band"], "seven members share both, and five suffice");
    // The same members have the same tokens while these are valid.
    let again = town.suggestions("m1", 20).await;
    assert_eq!(again.suggestions[3].token, list.suggestions[3].token);
    assert_eq!(again.left_today, 13);
    // Another member's tokens differ.
    let others = town.suggestions("m2", 20).await;
    assert!(others.suggestions.iter().all(|other| list.suggestions.iter().all(|own| own.token != other.token)));
    let (_, invitee) = town.invited().await;
    assert!(["m2", "m4", "m6", "m8"].contains(&invitee.as_str()), "{invitee} is of the other union");
}

#[tokio::test]
async fn two_members_see_each_other_once_both_agreed_and_not_before() {
    let town = Town::new(2).await;
    let (sent, invitee) = town.invited().await;
    let received = town.invitations(&invitee).await.remove(0);
    assert_eq!((received.people, received.agreed, received.shared.len()), (Some(1), false, 2));
    assert!(town.teams("m1").await.is_empty() && town.teams(&invitee).await.is_empty());
    assert_eq!(town.reply(&sent.invitation_id, "accept", "m1").await.status, StatusCode::OK, "changes nothing");
    assert!(town.teams("m1").await.is_empty());
    let answer = town.reply(&sent.invitation_id, "accept", &invitee).await;
    let accepted: schema::TeamInvitation = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(accepted.state, schema::TeamInvitationState::Accepted);
    for member in ["m1", &invitee] {
        let team = town.teams(member).await.remove(0);
        assert_eq!(accepted.team_id.as_ref(), Some(&team.team_id));
        let openids: Vec<_> = team.members.iter().map(|member| member.openid.clone().unwrap()).collect();
        assert_eq!(openids, ["o1".to_owned(), invitee.replace('m', "o")]);
    }
    assert_eq!(town.reply(&sent.invitation_id, "accept", &invitee).await.status, StatusCode::OK);
    assert_eq!(town.reply(&sent.invitation_id, "withdraw", "m1").await.problem(), "invitation_state");
    let full = town.post("/suggestions", &json!({ "member_id": "m1", "activity_id": ACTIVITY })).await;
    assert_eq!(full.problem(), "invitation_state", "the team is full");
    // Nobody suggests a member who has a team.
    assert_eq!(town.suggestions("m3", 20).await.suggestions.len(), 5);
    let team = accepted.team_id.unwrap();
    assert_eq!(town.post(&format!("/{team}/leave"), &json!({ "member_id": "m3" })).await.problem(), "unknown_team");
    assert_eq!(town.post(&format!("/{team}/leave"), &json!({ "member_id": "m1" })).await.status, StatusCode::OK);
    assert!(town.teams(&invitee).await.is_empty(), "a team of one does not remain");
    let audit = town.fixture.store.audit().list(50, None).await.unwrap();
    let actions: Vec<&str> = audit.iter().map(|entry| entry.action.as_str()).collect();
    assert!(actions.contains(&"team_formed") && actions.contains(&"team_left"), "{actions:?}");
}

#[tokio::test]
async fn the_inviter_cannot_tell_how_an_invitation_ended_before_it_expires() {
    let mut looks = Vec::new();
    for ending in ["open", "decline", "block", "opt out", "team_match", "erase", "unknown", "other's token"] {
        let town = Town::new(2).await;
        let list = town.suggestions("m1", 2).await;
        let token = match ending {
            "unknown" => format!("tm_{}", "0".repeat(64)),
            "other's token" => town.suggestions("m3", 1).await.suggestions.remove(0).token,
            _ => list.suggestions[0].token.clone(),
        };
        let sent = town.invite("m1", &token).await;
        let id = sent.invitation_id.clone();
        if !ending.contains("token") && ending != "unknown" {
            let invitee = town.invitee().await;
            match ending {
                "decline" => drop(town.reply(&id, "decline", &invitee).await),
                "block" => drop(town.post("/blocks", &json!({ "member_id": invitee, "invitation_id": id })).await),
                "opt out" => {
                    town.put(&format!("/v1/members/{invitee}/personalised"), &json!({ "personalised": false })).await;
                }
                "team_match" => {
                    town.put(&format!("/v1/members/{invitee}/team_match"), &json!({ "team_match": false })).await;
                }
                "erase" => {
                    let request = axum::http::Request::delete(format!("/v1/members/{invitee}"));
                    let request = with_key(request, &town.key).body(axum::body::Body::empty()).unwrap();
                    assert_eq!(town.fixture.send(request).await.status, StatusCode::OK);
                }
                _ => {}
            }
            let still_asked = town.invitations(&invitee).await.len();
            assert_eq!(still_asked, usize::from(ending == "open"), "{ending}: gone for the invitee at once");
        }
        let now = town.invitations("m1").await;
        let again = town.try_invite("m1", &token).await;
        looks.push((
            now.iter().map(seen).collect::<Vec<_>>(),
            again.status,
            serde_json::from_str::<schema::TeamInvitation>(&again.text).unwrap().invitation_id == id,
            town.reply(&id, "accept", "m1").await.status,
        ));
        town.fixture.clock.fetch_add(72 * HOUR, std::sync::atomic::Ordering::Relaxed);
        assert!(town.invitations("m1").await.is_empty(), "{ending}: expired");
    }
    assert!(looks.windows(2).all(|pair| pair[0] == pair[1]), "{looks:#?}");
}

#[tokio::test]
async fn a_refusal_ends_what_waits_and_a_later_consent_does_not_bring_it_back() {
    for (path, key) in [("personalised", "personalised"), ("team_match", "team_match")] {
        let town = Town::new(2).await;
        let (sent, invitee) = town.invited().await;
        for wanted in [false, true] {
            town.put(&format!("/v1/members/{invitee}/{path}"), &json!({ key: wanted })).await;
        }
        assert!(town.invitations(&invitee).await.is_empty(), "{path}");
        assert_eq!(town.reply(&sent.invitation_id, "accept", &invitee).await.problem(), "unknown_invitation");
        town.put(&format!("/v1/members/m1/{path}"), &json!({ key: false })).await;
        let body = json!({ "member_id": "m1", "activity_id": ACTIVITY });
        let answer = town.post("/suggestions", &body).await;
        assert_eq!(answer.problem(), "not_matched");
        let reason = if path == "team_match" { "team_match_off" } else { "opted_out" };
        assert_eq!(answer.json()["reason"], reason);
        assert!(town.suggestions("m3", 20).await.suggestions.len() < 7);
    }
}

#[tokio::test]
async fn blocks_hide_two_members_from_each_other_until_they_are_removed() {
    let town = Town::new(2).await;
    let (sent, invitee) = town.invited().await;
    town.reply(&sent.invitation_id, "accept", &invitee).await;
    let strange = town.post("/blocks", &json!({ "member_id": "m1", "team_mate_id": "m3" })).await;
    assert_eq!(strange.problem(), "unknown_team", "m3 is no team-mate");
    let answer = town.post("/blocks", &json!({ "member_id": "m1", "team_mate_id": invitee })).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text);
    let block: schema::TeamBlock = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(block.member_id.as_ref(), Some(&invitee));
    assert!(town.teams("m1").await.is_empty() && town.teams(&invitee).await.is_empty());
    assert_eq!(town.suggestions(&invitee, 20).await.suggestions.len(), 6, "without m1");
    let export = town.fixture.get(&format!("/v1/members/{invitee}"), &town.key).await;
    assert!(export.json()["database"].get("team_blocks").is_none(), "who blocked a member is not the member's data");
    let list = town.fixture.get("/v1/teams/blocks?member_id=m1", &town.key).await;
    assert_eq!(serde_json::from_str::<schema::TeamBlocks>(&list.text).unwrap().blocks.len(), 1);
    for (member, expected) in [("m3", 404), ("m1", 200), ("m1", 404)] {
        let request = axum::http::Request::delete(format!("/v1/teams/blocks/{}?member_id={member}", block.block_id));
        let answer = town.fixture.send(with_key(request, &town.key).body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), expected, "{}", answer.text);
    }
    assert_eq!(town.suggestions(&invitee, 20).await.suggestions.len(), 7);
}

#[tokio::test]
async fn an_export_and_an_erasure_keep_other_members_unknown() {
    let town = Town::new(3).await;
    let (sent, invitee) = town.invited().await;
    let export = town.fixture.get("/v1/members/m1", &town.key).await;
    let database = export.json()["database"].to_string();
    assert!(database.contains("team_suggestions") && !database.contains(&format!("\"{invitee}\"")), "{database}");
    let other = town.fixture.get(&format!("/v1/members/{invitee}"), &town.key).await.json()["database"].to_string();
    assert!(other.contains(&sent.invitation_id) && !other.contains("\"m1\""), "{other}");
    town.reply(&sent.invitation_id, "accept", &invitee).await;
    assert_eq!(town.teams("m1").await.len(), 1);
    let request = with_key(axum::http::Request::delete(format!("/v1/members/{invitee}")), &town.key);
    town.fixture.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert!(town.teams("m1").await.is_empty());
    let rows = town.fixture.store.erasures().member_rows(&invitee, &[]).await.unwrap();
    assert!(rows.is_empty(), "{rows:?}");
}

#[tokio::test]
async fn limits_hold_and_tokens_expire() {
    let teams = TeamSettings { open_invitations: 2, suggestions_per_day: 3, ..TeamSettings::default() };
    let town = Town::with(2, teams).await;
    let list = town.suggestions("m1", 20).await;
    assert_eq!((list.suggestions.len(), list.left_today), (3, 0));
    for suggestion in &list.suggestions[..2] {
        town.invite("m1", &suggestion.token).await;
    }
    let third = town.try_invite("m1", &list.suggestions[2].token).await;
    assert_eq!(third.problem(), "too_many_invitations");
    town.fixture.clock.fetch_add(24 * HOUR, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(town.suggestions("m1", 20).await.suggestions.len(), 4, "three more, and one that is still valid");
    town.fixture.clock.fetch_add(72 * HOUR, std::sync::atomic::Ordering::Relaxed);
    let over = town.post("/suggestions", &json!({ "member_id": "m1", "activity_id": ACTIVITY })).await;
    assert_eq!(over.problem(), "no_teams", "the activity has begun");
    assert!(town.invitations("m1").await.is_empty());
}

#[tokio::test]
async fn wrong_requests_are_refused_by_name() {
    let town = Town::new(2).await;
    let token = format!("tm_{}", "a".repeat(64));
    let wrong = [
        ("/suggestions", json!({ "member_id": "m1", "activity_id": "z9" }), "unknown_item"),
        ("/suggestions", json!({ "member_id": "m1", "activity_id": "a1" }), "no_teams"),
        ("/suggestions", json!({ "member_id": "stranger", "activity_id": ACTIVITY }), "not_matched"),
        ("/suggestions", json!({ "member_id": "m1", "activity_id": ACTIVITY, "n": 0 }), "invalid_parameter"),
        ("/suggestions", json!({ "member_id": "m1", "activity_id": ACTIVITY, "n": "x" }), "invalid_body"),
        ("/suggestions", json!({ "member_id": "", "activity_id": ACTIVITY }), "invalid_parameter"),
        ("/suggestions", json!({ "member_id": "m1" }), "invalid_body"),
        ("/invitations", json!({ "member_id": "m1", "activity_id": ACTIVITY, "token": "m2" }), "invalid_parameter"),
        ("/invitations", json!({ "member_id": "m1", "activity_id": "z9", "token": token }), "unknown_item"),
        ("/invitations/ti_0/accept", json!({ "member_id": "m1" }), "unknown_invitation"),
        ("/invitations/ti_0/decline", json!({ "member_id": "m1", "x": 1 }), "invalid_body"),
        ("/te_0/leave", json!({ "member_id": "m1" }), "unknown_team"),
        ("/blocks", json!({ "member_id": "m1" }), "invalid_parameter"),
        ("/blocks", json!({ "member_id": "m1", "team_mate_id": "m1" }), "unknown_team"),
        ("/blocks", json!({ "member_id": "m1", "invitation_id": "ti_0" }), "unknown_invitation"),
    ];
    for (path, body, code) in wrong {
        let answer = town.post(path, &body).await;
        assert_eq!(answer.problem(), code, "{path} {body}: {}", answer.text);
    }
    let missing = town.fixture.get("/v1/teams", &town.key).await;
    assert_eq!(
        (missing.problem().as_str(), missing.json()["parameter"].as_str()),
        ("invalid_parameter", Some("member_id"))
    );
    // Strangers to an invitation learn nothing of it.
    let (sent, invitee) = town.invited().await;
    let stranger = if invitee == "m8" { "m7" } else { "m8" };
    for reply in ["accept", "decline", "withdraw"] {
        assert_eq!(town.reply(&sent.invitation_id, reply, stranger).await.problem(), "unknown_invitation", "{reply}");
    }
    assert_eq!(town.reply(&sent.invitation_id, "withdraw", &invitee).await.problem(), "invitation_state");
    assert_eq!(town.reply(&sent.invitation_id, "decline", "m1").await.problem(), "invitation_state");
    let blocked = town.post("/blocks", &json!({ "member_id": "m1", "invitation_id": sent.invitation_id })).await;
    assert_eq!(blocked.problem(), "invitation_state", "the inviter withdraws");
    assert_eq!(town.fixture.clock.load(std::sync::atomic::Ordering::Relaxed), NOW);
}
