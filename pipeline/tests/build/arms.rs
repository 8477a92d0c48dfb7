//! Arms of pushes are drawn by lot from the whole account: with a hundred members or more, few responses point to nobody.

use serde_json::{Value, json};
use zhihui_data::Table;
use zhihui_engine::report::Report;

use super::attacker::{Knowledge, sum};
use super::differencing::{ask, metric};
use super::home::Home;

const UNIONS: usize = 4;
/// Every twelfth member is held out.
const ONE_IN: usize = 12;

/// Unions of 300 members each. Everybody but `without` held-out members gets or misses a push of an article. A third of the
/// pushed read it, and of the held-out three members of the first union.
async fn account(without: usize) -> Home {
    let home = Home::new().await;
    let members = 0..300 * UNIONS;
    let id = |at: usize| format!("m{at:04}");
    let union = |at: usize| format!("u{}", at / 300);
    home.add(Table::Unions, &(0..UNIONS).map(|at| json!({"union_id": format!("u{at}")})).collect::<Vec<Value>>()).await;
    let member = |at: usize| json!({"member_id": id(at), "union_id": union(at), "birth_date": "1985-01-01"});
    home.add(Table::Members, &members.clone().map(member).collect::<Vec<Value>>()).await;
    home.add(Table::Articles, &[json!({"article_id": "a1"})]).await;
    let push = |at: usize| {
        json!({"push_id": "p1", "member_id": id(at), "item_id": "a1", "sent_at": "2026-02-10T01:00:00Z",
               "arm": if at.is_multiple_of(ONE_IN) { "hold_out" } else { "push" }})
    };
    home.add(Table::Pushes, &members.clone().skip(without * ONE_IN).map(push).collect::<Vec<Value>>()).await;
    let responds = |at: &usize| if at.is_multiple_of(ONE_IN) { (60..96).contains(at) } else { at.is_multiple_of(3) };
    let read = |at: usize| json!({"member_id": id(at), "article_id": "a1", "read_at": "2026-02-10T05:00:00Z"});
    home.add(Table::Reads, &members.filter(responds).map(read).collect::<Vec<Value>>()).await;
    home.build("2026-03-20T02:00:00Z").await.expect("built");
    home
}

async fn february(home: &Home, union: Option<String>) -> Report {
    let report = ask(home, |query| {
        (query.from, query.to) = (super::home::time("2026-01-31T16:00:00Z"), super::home::time("2026-02-28T16:00:00Z"));
        query.union = union;
    });
    report.await.expect("a report")
}

fn arms(report: &Report) -> Option<&Vec<Value>> {
    report.tables.iter().find(|table| table.name == "uplift")?.rows.first()
}

#[tokio::test]
async fn few_responses_of_a_hundred_members_drawn_by_lot_are_shown_and_tell_nothing_about_any_union() {
    let home = account(0).await;
    let whole = february(&home, None).await;
    assert_eq!(arms(&whole).expect("a push")[5..7], [json!(100), json!(3)], "held out, of whom three responded");
    let uplift = metric(&whole, "uplift_read");
    assert!(uplift.value > Some(20.0) && uplift.interval.is_some_and(|[low, _]| low > 10.0), "{uplift:?}");
    assert!(whole.notes.iter().any(|note| note.en.contains("100 members or more") && note.zh.contains("100 人")));
    let mut known = Knowledge::default();
    let responders: Vec<String> = (0..UNIONS).map(|union| format!("held-out readers of u{union}")).collect();
    known.equal(&sum(responders.clone()), 3.0);
    for (union, responder) in responders.iter().enumerate() {
        let part = february(&home, Some(format!("u{union}"))).await;
        assert_eq!(arms(&part), None, "arms are of the whole account");
        for name in ["push_read_rate", "push_sign_up_rate", "uplift_read", "uplift_sign_up", "push_read_hours"] {
            assert!(metric(&part, name).suppressed && metric(&part, name).value.is_none(), "{name} of u{union}");
        }
        // A member of a union who was held out may or may not be one of its readers.
        let readers = metric(&part, "readers").value.expect("readers");
        let held_out = metric(&part, "held_out_members").value.expect("members held out");
        for limit in [readers, held_out] {
            known.equal(&sum([responder.clone(), format!("others below {limit} in u{union}")]), limit);
        }
    }
    let mut solved = known.solved(&[]);
    for union in &responders {
        assert_eq!(solved.bounds(&sum([union.clone()])), (0, Some(3)), "{union}: all or none of the three");
    }
}

#[tokio::test]
async fn few_responses_of_ninety_nine_members_are_hidden() {
    let home = account(1).await;
    let whole = february(&home, None).await;
    let row = arms(&whole).expect("a push");
    assert_eq!((&row[5], &row[6], &row[7]), (&json!(99), &json!("<10"), &json!("<10")));
    assert!(metric(&whole, "uplift_read").suppressed);
}
