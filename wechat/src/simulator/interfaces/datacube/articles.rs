//! `getarticleread`, `getarticleshare` and `getbizsummary`: people by day, from 2025-11-01.

use serde_json::{Value, json};

use super::super::{Answer, Call};
use super::span::{Span, format};
use crate::simulator::state::State;
use crate::simulator::state::articles::Readers;

/// Maximum number of days of `getbizsummary`.
const SUMMARY_DAYS: i64 = 30;
/// Where readers come from, and their shares in percent. The first is the sum.
const SCENES: [(&str, u64); 8] = [
    ("全部", 100),
    ("公众号消息", 52),
    ("聊天会话", 18),
    ("朋友圈", 12),
    ("公众号主页", 8),
    ("推荐", 4),
    ("搜一搜", 3),
    ("其他", 3),
];

/// Returns readers by scene. Rounding goes to the last one, so that the parts sum to the whole.
pub(super) fn sources(users: u64) -> Value {
    let mut rest = users;
    let last = SCENES.len() - 1;
    let rows = SCENES.iter().enumerate().map(|(place, (scene, percent))| {
        let count = match place {
            0 => users,
            _ if place == last => rest,
            _ => users * percent / 100,
        };
        if place > 0 {
            rest -= count;
        }
        json!({ "user_count": count, "scene_desc": scene })
    });
    rows.collect()
}

pub(super) fn read(state: &mut State, call: &Call<'_>) -> Answer {
    by_article(state, call, |readers| {
        let detail = json!({ "read_user": readers.read_users, "read_user_source": sources(readers.read_users) });
        (readers.read_users > 0).then_some(detail)
    })
}

pub(super) fn share(state: &mut State, call: &Call<'_>) -> Answer {
    by_article(state, call, |readers| (readers.share_users > 0).then(|| json!({ "share_user": readers.share_users })))
}

fn by_article(state: &State, call: &Call<'_>, detail: fn(Readers) -> Option<Value>) -> Answer {
    let span = Span::read_newer(call, 1)?;
    let mut list = Vec::new();
    for day in &span.days {
        for article in state.articles.list() {
            if let Some(detail) = detail(article.readers(*day)) {
                list.push(json!({ "ref_date": format(*day), "msgid": article.msg_id(), "detail": detail }));
            }
        }
    }
    Ok(json!({ "list": list, "is_delay": span.is_delayed }))
}

pub(super) fn summary(state: &mut State, call: &Call<'_>) -> Answer {
    let span = Span::read_newer(call, SUMMARY_DAYS)?;
    let rows = span.days.iter().map(|day| {
        let mut sum = Readers::default();
        for article in state.articles.list() {
            sum += article.readers(*day);
        }
        let sent = state.articles.list().iter().filter(|article| article.day == *day).count();
        json!({
            "ref_date": format(*day),
            "detail": {
                "read_user": sum.read_users,
                "read_user_source": sources(sum.read_users),
                "share_user": sum.share_users,
                "zaikan_user": sum.like_users / 2,
                "like_user": sum.like_users,
                "comment_count": sum.like_users / 4,
                "collection_user": sum.favourite_users,
                "redirect_ori_page_user": sum.original_users,
                "send_page_count": sent,
            },
        })
    });
    Ok(json!({ "list": rows.collect::<Vec<_>>(), "is_delay": span.is_delayed }))
}
