//! `getarticletotaldetail`: the articles of a day with figures that grow from day to day.

use serde_json::{Value, json};

use super::super::{Answer, Call};
use super::articles::sources;
use super::span::{Span, format};
use crate::simulator::calendar::day_number;
use crate::simulator::state::State;
use crate::simulator::state::articles::Article;

/// Days after publication for which there are figures.
const STATISTIC_DAYS: i64 = 30;
/// Shares of readers who leave in each fifth of an article.
const JUMP_RATES: [f64; 5] = [0.31, 0.17, 0.12, 0.1, 0.3];

pub(super) fn total_detail(state: &mut State, call: &Call<'_>) -> Answer {
    let span = Span::read_newer(call, 1)?;
    let yesterday = day_number(call.now) - 1;
    let published = state.articles.list().iter().filter(|article| span.days.contains(&article.day));
    let list = published.map(|article| {
        let last = yesterday.min(article.day + STATISTIC_DAYS - 1);
        let details = (article.day..=last).map(|day| detail(article, day));
        json!({
            "ref_date": format(article.day),
            "msgid": article.msg_id(),
            "publish_type": 0,
            "title": article.title,
            "content_url": article.url(),
            "detail_list": details.collect::<Vec<_>>(),
        })
    });
    Ok(json!({ "list": list.collect::<Vec<_>>(), "is_delay": span.is_delayed }))
}

fn detail(article: &Article, day: i64) -> Value {
    let readers = article.readers_until(day);
    let subscribed_readers = readers.read_users * 7 / 10;
    let rate = subscribed_readers as f64 / article.reached.max(1) as f64;
    let jumps = (1..).zip(JUMP_RATES).map(|(position, rate)| json!({ "position": position, "rate": rate }));
    json!({
        "stat_date": format(day),
        "read_user": readers.read_users,
        "read_user_source": sources(readers.read_users),
        "share_user": readers.share_users,
        "zaikan_user": readers.like_users / 2,
        "like_user": readers.like_users,
        "comment_count": readers.like_users / 4,
        "collection_user": readers.favourite_users,
        "praise_money": 0,
        "read_subscribe_user": subscribed_readers,
        "read_delivery_rate": (rate * 10_000.0).round() / 10_000.0,
        "read_finish_rate": JUMP_RATES[4],
        "read_avg_activetime": 1.4,
        "read_jump_position": jumps.collect::<Vec<_>>(),
    })
}
