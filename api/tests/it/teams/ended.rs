//! Teams and invitations are deleted some time after the activity.

use std::sync::atomic::Ordering;

use super::*;

const DAY: i64 = 24 * HOUR;

async fn rows(town: &Town, table: &str) -> i64 {
    town.fixture.rows(table).await
}

const TABLES: [&str; 5] = ["teams", "team_members", "team_invitations", "team_invitation_members", "team_suggestions"];

#[tokio::test]
async fn teams_and_invitations_are_deleted_thirty_days_after_the_activity() {
    let town = Town::new(2).await;
    let (sent, invitee) = town.invited().await;
    assert_eq!(town.reply(&sent.invitation_id, "accept", &invitee).await.status, StatusCode::OK);
    let token = town.suggestions("m3", 1).await.suggestions.remove(0).token;
    town.invite("m3", &token).await;
    let blocked = town.post("/blocks", &json!({ "member_id": "m1", "team_mate_id": invitee })).await;
    assert!(blocked.status.is_success(), "{}", blocked.text);
    // `b1` begins after 96 hours and has no end.
    town.fixture.clock.fetch_add(96 * HOUR + 30 * DAY - 1, Ordering::Relaxed);
    assert_eq!(town.fixture.service.delete_ended_teams().await.unwrap(), 0);
    assert!(rows(&town, "team_invitation_members").await > 0);
    town.fixture.clock.fetch_add(1, Ordering::Relaxed);
    assert_eq!(town.fixture.service.delete_ended_teams().await.unwrap(), 1);
    for table in TABLES {
        assert_eq!(rows(&town, table).await, 0, "{table}");
    }
    assert_eq!(rows(&town, "team_blocks").await, 1, "a block is about members, not about one activity");
    assert_eq!(town.fixture.service.delete_ended_teams().await.unwrap(), 0);
    assert!(town.teams("m1").await.is_empty() && town.invitations("m3").await.is_empty());
}

#[tokio::test]
async fn teams_of_an_activity_without_a_known_end_are_kept_for_half_a_year() {
    let town = Town::new(2).await;
    town.invited().await;
    let mut without = players(2);
    without.items.starts_at[1] = NO_TIME;
    town.fixture.service.publish_with_events(PublishedEngine::new(Engine::new(without))).await.unwrap();
    town.fixture.clock.fetch_add(180 * DAY - 1, Ordering::Relaxed);
    assert_eq!(town.fixture.service.delete_ended_teams().await.unwrap(), 0);
    town.fixture.clock.fetch_add(1, Ordering::Relaxed);
    assert_eq!(town.fixture.service.delete_ended_teams().await.unwrap(), 1);
    assert_eq!(rows(&town, "team_invitations").await, 0);
}
