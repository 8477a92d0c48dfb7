//! The contents of a sample are consistent: times, seats, ages, interests, pushes.

use std::collections::{HashMap, HashSet};

use zhihui_data::Table;
use zhihui_data::sample::{SampleOptions, SampleSummary};

use crate::reader::{Record, articles, generate, options, records};

fn clean(members: u32, unions: u32, days: u32) -> (tempfile::TempDir, SampleSummary) {
    generate(&SampleOptions { dirt: false, ..options(members, unions, days) })
}

fn number(record: &Record, column: &str) -> Option<u32> {
    record.get(column).and_then(|text| text.parse().ok())
}

#[test]
fn requested_numbers_are_generated() {
    let (folder, summary) = clean(1_000, 25, 90);
    assert_eq!((summary.members, summary.unions), (1_000, 25));
    assert_eq!(records(folder.path(), &summary, Table::Unions).len(), 25);
    let reads = records(folder.path(), &summary, Table::Reads);
    let expected = 1_000.0 * 45.0 * 90.0 / 365.0;
    let ratio = reads.len() as f64 / expected;
    assert!((0.75..1.3).contains(&ratio), "{} reads, {expected} expected", reads.len());
}

#[test]
fn no_event_is_after_the_end_or_before_publication() {
    let (folder, summary) = clean(600, 20, 45);
    let end = "2026-11-22 10:30:00";
    let published: HashMap<String, String> = articles(folder.path())
        .iter()
        .map(|article| {
            let at = article["published_at"].as_str().expect("a time")[..19].replace('T', " ");
            (article["article_id"].as_str().expect("an id").to_owned(), at)
        })
        .collect();
    for read in records(folder.path(), &summary, Table::Reads) {
        let at = read["read_at"].as_str();
        assert!(at < end && at > published[&read["article_id"]].as_str(), "{read:?}");
    }
    for (table, column) in [(Table::SignUps, "updated_at"), (Table::Pushes, "sent_at"), (Table::Feedback, "at")] {
        let rows = records(folder.path(), &summary, table);
        assert!(!rows.is_empty(), "{table}");
        assert!(rows.iter().all(|row| row[column].as_str() < end), "{table}");
    }
}

#[test]
fn seats_unions_and_ages_follow_the_rules() {
    let (folder, summary) = clean(2_500, 50, 110);
    let activities: HashMap<String, Record> = records(folder.path(), &summary, Table::Activities)
        .into_iter()
        .map(|activity| (activity["activity_id"].clone(), activity))
        .collect();
    let mut members: HashMap<String, Record> = HashMap::new();
    for member in records(folder.path(), &summary, Table::Members) {
        members.insert(member["member_id"].clone(), member);
    }
    let mut used: HashMap<&str, u32> = HashMap::new();
    let mut seen = HashSet::new();
    let mut statuses: HashMap<String, u32> = HashMap::new();
    let sign_ups = records(folder.path(), &summary, Table::SignUps);
    for up in &sign_ups {
        let activity = &activities[&up["activity_id"]];
        *statuses.entry(up["status"].clone()).or_default() += 1;
        let who = up.get("member_id").or_else(|| up.get("openid")).expect("an actor");
        assert!(seen.insert((who.clone(), up["activity_id"].clone())), "one sign-up a member and activity");
        let tickets = number(up, "tickets").expect("tickets");
        let children = number(up, "children").expect("children");
        let cap = if children > 0 { "child_tickets" } else { "per_member_cap" };
        assert!(number(activity, cap).is_none_or(|cap| tickets <= cap), "{up:?} {activity:?}");
        if ["已报名", "已签到"].contains(&up["status"].as_str()) {
            *used.entry(activity["activity_id"].as_str()).or_default() += tickets;
        }
        // The CSV part of the roster is sufficient to check the rule on sex.
        if activity.get("gender").is_some_and(|gender| gender == "女")
            && let Some(sex) =
                up.get("member_id").and_then(|id| members.get(id)).and_then(|member| member.get("gender"))
        {
            assert_eq!(sex, "女");
        }
    }
    let full = activities.values().filter(|activity| {
        let taken = used.get(activity["activity_id"].as_str()).copied().unwrap_or(0);
        let capacity = number(activity, "capacity");
        assert!(capacity.is_none_or(|capacity| taken <= capacity), "{activity:?}: {taken} taken");
        capacity.is_some_and(|capacity| taken * 20 >= capacity * 19)
    });
    assert!(full.count() > 10);
    for status in ["已报名", "候补", "已取消", "已签到", "缺席"] {
        assert!(statuses.get(status).copied().unwrap_or(0) > 20, "{status}: {statuses:?}");
    }
}

#[test]
fn activities_are_open_now_or_planned() {
    let (folder, summary) = clean(2_000, 40, 60);
    let now = "2026-11-22 10:30:00";
    let activities = records(folder.path(), &summary, Table::Activities);
    let later = activities.iter().filter(|activity| activity["sign_up_opens_at"].as_str() > now).count();
    let open = activities.iter().filter(|activity| {
        activity["sign_up_opens_at"].as_str() <= now
            && activity.get("sign_up_closes_at").is_none_or(|closes| closes.as_str() > now)
    });
    assert!(later > 0);
    assert!(open.count() > 5 && summary.open_items > 20);
    for rule in ["per_union_cap", "child_tickets", "own_session_at", "min_age", "max_age", "gender", "team_size"] {
        assert!(activities.iter().any(|activity| activity.contains_key(rule)), "{rule}");
    }
    assert!(activities.iter().any(|activity| activity.contains_key("open_to_districts")));
    let kinds: HashSet<&str> = activities.iter().map(|activity| activity["kind"].as_str()).collect();
    assert_eq!(kinds, HashSet::from(["活动", "服务", "优惠券", "场地"]));
}

#[test]
fn interests_differ_by_age_and_reads_decay() {
    let (folder, summary) = clean(2_000, 40, 90);
    let mut births: HashMap<String, u32> = HashMap::new();
    for member in records(folder.path(), &summary, Table::Members) {
        if let Some(year) = member.get("birth_date").and_then(|date| date[..4].parse::<u32>().ok()) {
            births.insert(member["member_id"].clone(), 2026 - year);
        }
    }
    let articles: HashMap<String, (String, String)> = articles(folder.path())
        .iter()
        .map(|article| {
            let text = |name: &str| article[name].as_str().expect("a text").to_owned();
            let topic = article["topics"][0].as_str().expect("a topic").to_owned();
            (text("article_id"), (topic, text("published_at")[..10].to_owned()))
        })
        .collect();
    let mut shares: HashMap<(bool, &str), f64> = HashMap::new();
    let mut totals: HashMap<bool, f64> = HashMap::new();
    let (mut first_day, mut all) = (0, 0);
    let reads = records(folder.path(), &summary, Table::Reads);
    for read in &reads {
        let (topic, published) = &articles[&read["article_id"]];
        all += 1;
        first_day += usize::from(read["read_at"].starts_with(published.as_str()));
        if let Some(age) = read.get("member_id").and_then(|member| births.get(member)) {
            let old = *age >= 55;
            *shares.entry((old, topic.as_str())).or_default() += 1.0;
            *totals.entry(old).or_default() += 1.0;
        }
    }
    let share = |old: bool, topic: &str| shares.get(&(old, topic)).copied().unwrap_or(0.0) / totals[&old];
    assert!(share(true, "退休生活") > 4.0 * share(false, "退休生活"));
    assert!(share(false, "美食优惠") > 1.5 * share(true, "美食优惠"));
    let first_day = first_day as f64 / all as f64;
    assert!((0.3..0.8).contains(&first_day), "{first_day}");
}

#[test]
fn pushes_hold_out_a_tenth_and_affect_the_others() {
    let (folder, summary) = clean(2_500, 40, 120);
    let rows = records(folder.path(), &summary, Table::Pushes);
    let held = rows.iter().filter(|row| row["arm"] == "hold_out").count() as u64;
    assert_eq!((held, rows.len() as u64 - held), (summary.held_out, summary.pushed));
    let share = held as f64 / rows.len() as f64;
    assert!((0.08..0.12).contains(&share), "{share}");
    let reads = records(folder.path(), &summary, Table::Reads);
    let pushed = reads.iter().filter(|read| read.get("channel").is_some_and(|channel| channel == "推送")).count();
    assert!(pushed > 0 && pushed as u64 <= summary.reads_by_push);
    let by_push: HashSet<(&str, &str)> = reads
        .iter()
        .filter(|read| read["channel"] == "推送")
        .filter_map(|read| Some((read.get("member_id")?.as_str(), read["article_id"].as_str())))
        .collect();
    let held_out = rows.iter().filter(|row| row["arm"] == "hold_out");
    assert!(held_out.into_iter().all(|row| !by_push.contains(&(row["member_id"].as_str(), row["item_id"].as_str()))));
}

#[test]
fn no_push_is_about_an_activity_that_is_full_or_that_the_member_has_signed_up_for() {
    let (folder, summary) = clean(2_500, 40, 200);
    let capacities: HashMap<String, Option<u32>> = records(folder.path(), &summary, Table::Activities)
        .into_iter()
        .map(|activity| (activity["activity_id"].clone(), number(&activity, "capacity")))
        .collect();
    let sign_ups = records(folder.path(), &summary, Table::SignUps);
    let pushes = records(folder.path(), &summary, Table::Pushes);
    let mut pushed_activities = HashSet::new();
    for push in pushes.iter().filter(|push| capacities.contains_key(&push["item_id"])) {
        let before = |up: &&Record| up["activity_id"] == push["item_id"] && up["signed_up_at"] < push["sent_at"];
        if pushed_activities.insert(&push["item_id"]) {
            let has_seat = |up: &&Record| ["已报名", "已签到"].contains(&up["status"].as_str());
            let taken: u32 =
                sign_ups.iter().filter(before).filter(has_seat).filter_map(|up| number(up, "tickets")).sum();
            assert!(capacities[&push["item_id"]].is_none_or(|capacity| taken < capacity), "{taken} seats: {push:?}");
        }
        assert!(!sign_ups.iter().filter(before).any(|up| up.get("member_id") == push.get("member_id")), "{push:?}");
    }
    assert!(pushed_activities.len() >= 3, "only {} activities were pushed", pushed_activities.len());
}

/// The demo at full size. Runs only if `ZHIHUI_SLOW_TESTS` is set, because it is slow without optimisation.
#[test]
fn demo_has_the_documented_size() {
    if std::env::var_os("ZHIHUI_SLOW_TESTS").is_none() {
        return;
    }
    let started = std::time::Instant::now();
    let demo = SampleOptions::demo("2026-11-22T02:30:00Z".parse().expect("a time"));
    let (folder, summary) = generate(&demo);
    let size: u64 = std::fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").metadata().expect("a size").len())
        .sum();
    let rows = |table: Table| summary.new_rows(table);
    let tables: Vec<String> = Table::ALL.iter().map(|&table| format!("{table} {}", rows(table))).collect();
    #[expect(clippy::print_stderr, reason = "the measurement is what a slow run is for")]
    {
        eprintln!("{:?}, {size} bytes, {} open items: {}", started.elapsed(), summary.open_items, tables.join(", "));
        eprintln!("{} pushed, {} reads by push", summary.pushed, summary.reads_by_push);
    }
    assert_eq!((summary.members, summary.unions), (43_000, 1_200));
    assert!((1_800_000..2_300_000).contains(&rows(Table::Reads)));
    assert!((200..420).contains(&summary.open_items), "{}", summary.open_items);
    let activities = records(folder.path(), &summary, Table::Activities);
    assert!(activities.iter().any(|activity| {
        let cells = ["capacity", "per_union_cap", "per_member_cap", "child_tickets", "own_session_at"];
        cells.map(|cell| activity.get(cell).map(String::as_str))
            == [Some("2000"), Some("200"), Some("1"), Some("2"), Some("100")]
    }));
}
