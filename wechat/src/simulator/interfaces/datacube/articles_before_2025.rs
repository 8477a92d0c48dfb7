//! `getarticlesummary`, `getarticletotal`, `getuserread` and `getusershare`: the older interfaces, with people and counts.

use serde_json::{Map, Value, json};

use super::super::{Answer, Call};
use super::span::{Span, format};
use crate::simulator::calendar::day_number;
use crate::simulator::state::State;
use crate::simulator::state::articles::Readers;

/// Days after publication for which there are figures.
const STATISTIC_DAYS: i64 = 7;
/// Maximum number of days in a request.
const READ_DAYS: i64 = 3;
const SHARE_DAYS: i64 = 7;
/// Articles with a smaller sum of figures are left out.
const SMALLEST_SUM: u64 = 3;
/// Sources of readers and their shares in percent: all, conversation, friends, moments, history, other.
const READ_SOURCES: [(u32, u64); 6] = [(99_999_999, 100), (0, 55), (1, 18), (2, 12), (4, 8), (5, 7)];
/// Scenes of sharing and their shares in percent: friends, moments, other.
const SHARE_SCENES: [(u32, u64); 3] = [(1, 62), (2, 33), (255, 5)];

/// Returns the eight figures that these interfaces share.
pub(super) fn figures(readers: Readers, percent: u64) -> Map<String, Value> {
    let figures = [
        ("int_page_read_user", readers.read_users),
        ("int_page_read_count", readers.read_count),
        ("ori_page_read_user", readers.original_users),
        ("ori_page_read_count", readers.original_users),
        ("share_user", readers.share_users),
        ("share_count", readers.share_count),
        ("add_to_fav_user", readers.favourite_users),
        ("add_to_fav_count", readers.favourite_users),
    ];
    figures.into_iter().map(|(name, value)| (name.to_owned(), (value * percent / 100).into())).collect()
}

pub(super) fn with(mut row: Map<String, Value>, keys: &Value) -> Value {
    if let Value::Object(keys) = keys {
        row.extend(keys.clone());
    }
    Value::Object(row)
}

pub(super) fn summary(state: &mut State, call: &Call<'_>) -> Answer {
    let days = Span::read(call, 1)?;
    let mut list = Vec::new();
    for day in &days {
        for article in state.articles.list().iter().filter(|article| day - article.day < STATISTIC_DAYS) {
            let readers = article.readers(*day);
            let shares = readers.share_users + readers.share_count;
            if readers.read_users + readers.original_users + shares + readers.favourite_users >= SMALLEST_SUM {
                let keys = json!({ "ref_date": format(*day), "msgid": article.msg_id(), "title": article.title });
                list.push(with(figures(readers, 100), &keys));
            }
        }
    }
    Ok(json!({ "list": list }))
}

pub(super) fn total(state: &mut State, call: &Call<'_>) -> Answer {
    let days = Span::read(call, 1)?;
    let yesterday = day_number(call.now) - 1;
    let published = state.articles.list().iter().filter(|article| days.contains(&article.day));
    let list = published.map(|article| {
        let details = (article.day..=yesterday.min(article.day + STATISTIC_DAYS - 1)).map(|day| {
            let readers = article.readers_until(day);
            let from_session = readers.read_users * 55 / 100;
            let keys = json!({
                "stat_date": format(day),
                "target_user": article.reached,
                "int_page_from_session_read_user": from_session,
                "int_page_from_session_read_count": from_session,
                "int_page_from_other_read_user": readers.read_users - from_session,
                "int_page_from_other_read_count": readers.read_count - from_session,
                "feed_share_from_session_user": readers.share_users,
                "feed_share_from_session_cnt": readers.share_count,
            });
            with(figures(readers, 100), &keys)
        });
        json!({
            "ref_date": format(article.day),
            "msgid": article.msg_id(),
            "title": article.title,
            "details": details.collect::<Vec<_>>(),
        })
    });
    Ok(json!({ "list": list.collect::<Vec<_>>() }))
}

pub(super) fn read(state: &mut State, call: &Call<'_>) -> Answer {
    let days = Span::read(call, READ_DAYS)?;
    let mut list = Vec::new();
    for day in &days {
        let readers = readers_of_day(state, *day);
        for (source, percent) in READ_SOURCES.into_iter().filter(|_| readers.read_users > 0) {
            let keys = json!({ "ref_date": format(*day), "user_source": source });
            list.push(with(figures(readers, percent), &keys));
        }
    }
    Ok(json!({ "list": list }))
}

pub(super) fn share(state: &mut State, call: &Call<'_>) -> Answer {
    let days = Span::read(call, SHARE_DAYS)?;
    let mut list = Vec::new();
    for day in &days {
        let readers = readers_of_day(state, *day);
        for (scene, percent) in SHARE_SCENES.into_iter().filter(|_| readers.share_users > 0) {
            let (users, count) = (readers.share_users * percent / 100, readers.share_count * percent / 100);
            let (share_user, share_count) = (users, count);
            list.push(json!({
                "ref_date": format(*day), "share_scene": scene, "share_user": share_user, "share_count": share_count,
            }));
        }
    }
    Ok(json!({ "list": list }))
}

pub(super) fn readers_of_day(state: &State, day: i64) -> Readers {
    let mut sum = Readers::default();
    for article in state.articles.list() {
        sum += article.readers(day);
    }
    sum
}
