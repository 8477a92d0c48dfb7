//! Team-mates with the real program: two members agree, and only then see one another.

use serde_json::{Value, json};

use crate::journey::AS_OF;
use crate::program::{Program, Server};
use crate::push_lists::union;

fn ids(program: &Program, sql: &str) -> Vec<String> {
    let rows = program.json(&["sql", sql, "--as-of", AS_OF]);
    rows.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// The first member who gets suggestions for one of the activities, with the activity and the response.
fn suggested(server: &Server, key: &str, activities: &[String], members: &[String]) -> (String, String, Value) {
    for activity in activities {
        for member in members {
            let body = json!({ "member_id": member, "activity_id": activity, "n": 3 });
            let (status, answer) = server.post_json("/v1/teams/suggestions", key, &body);
            if status == 200 && answer["suggestions"].as_array().is_some_and(|found| !found.is_empty()) {
                return (member.clone(), activity.clone(), answer);
            }
        }
    }
    panic!("no member gets suggestions: {} activities, {} members", activities.len(), members.len());
}

#[test]
fn two_members_agree_and_only_then_see_one_another() {
    let program = union();
    let key = program.json(&["key", "add", "backend", "--scope", "backend"])["key"].as_str().unwrap().to_owned();
    let members = ids(&program, "select member_id as id from members where team_match order by 1");
    assert!(members.len() > 20, "{}", members.len());
    let activities =
        ids(&program, "select activity_id as id from activities where team_size >= 2 order by starts_at desc");
    let server = program.serve_as_of(AS_OF);
    let (inviter, activity, found) = suggested(&server, &key, &activities, &members);
    let names = |text: &str| members.iter().filter(|id| **id != inviter && text.contains(id.as_str())).count();
    assert_eq!(names(&found.to_string()), 0, "suggestions name nobody: {found}");

    let token = &found["suggestions"][0]["token"];
    let body = json!({ "member_id": inviter, "activity_id": activity, "token": token });
    let (status, sent) = server.post_json("/v1/teams/invitations", &key, &body);
    assert_eq!((status, names(&sent.to_string())), (201, 0), "{sent}");
    let id = sent["invitation_id"].as_str().unwrap();
    let invitations = |member: &str| server.get_json(&format!("/v1/teams/invitations?member_id={member}"), &key).1;
    let waits = |member: &&String| invitations(member)["invitations"].to_string().contains(id);
    let invitee = members.iter().filter(|id| **id != inviter).find(waits).expect("somebody was invited").clone();
    let received = invitations(&invitee)["invitations"][0].clone();
    assert_eq!((&received["role"], &received["agreed"]), (&json!("invitee"), &json!(false)), "{received}");
    assert!(!received.to_string().contains(&inviter), "the invitation names nobody: {received}");
    let teams = |member: &str| server.get_json(&format!("/v1/teams?member_id={member}"), &key).1["teams"].clone();
    assert_eq!((teams(&inviter), teams(&invitee)), (json!([]), json!([])), "nobody has agreed yet");

    let accept = |member: &str| {
        server.post_json(&format!("/v1/teams/invitations/{id}/accept"), &key, &json!({ "member_id": member }))
    };
    let stranger = members.iter().find(|id| **id != inviter && **id != invitee).unwrap();
    assert_eq!(accept(stranger).1["code"], "unknown_invitation");
    let (status, accepted) = accept(&invitee);
    assert_eq!((status, &accepted["state"]), (200, &json!("accepted")), "{accepted}");
    for member in [&inviter, &invitee] {
        let team = teams(member)[0].clone();
        let seen = team["members"].to_string();
        assert!(seen.contains(&inviter) && seen.contains(&invitee), "both see both: {team}");
        assert!(team["members"][0]["openid"].is_string(), "{team}");
    }
    assert_eq!(teams(stranger), json!([]));

    // The team is durable, and a member who leaves is not seen any more.
    drop(server);
    let server = program.serve_as_of(AS_OF);
    let of = |member: &str| server.get_json(&format!("/v1/teams?member_id={member}"), &key).1["teams"].clone();
    let team = of(&inviter)[0]["team_id"].as_str().unwrap().to_owned();
    let left = server.post_json(&format!("/v1/teams/{team}/leave"), &key, &json!({ "member_id": invitee }));
    assert_eq!((left.0, of(&inviter)), (200, json!([])), "{}", left.1);
}
