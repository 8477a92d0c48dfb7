//! Writes the rows of the large files.

use super::csv_file::Encoding;
use super::error::SampleError;
use super::exposures::Exposure;
use super::ids;
use super::output::{OutputFolder, actor, headers, row};
use super::pushes::{Item, Push};
use super::random::RandomStream;
use super::reading::Read;
use super::sample_file::SampleFile;
use super::seats::SignUp;
use super::time::{DAY, HOUR, SampleTime, digits};
use super::world::World;
use crate::{SignUpStatus, Table};

/// Random streams for rows: which members are identified by openid, and which reads are shared.
pub(super) struct RowStreams {
    openid: RandomStream,
    share: RandomStream,
    sign_ups: u32,
}

impl RowStreams {
    pub(super) fn new(seed: u64) -> Self {
        Self { openid: RandomStream::new(seed, "openid"), share: RandomStream::new(seed, "share"), sign_ups: 0 }
    }

    /// The streams of one file.
    pub(super) fn of_file(seed: u64, table: Table, date: &str) -> Self {
        let stream = |purpose: &str| RandomStream::new(seed, &format!("{purpose} {table} {date}"));
        Self { openid: stream("openid"), share: stream("share"), sign_ups: 0 }
    }
}

/// A share of an article: when, who and what.
pub(super) type Share = (SampleTime, u32, u32);

/// A member's comment on an activity, or a general one. The derived order is that of the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Feedback {
    at: SampleTime,
    member: u32,
    activity: Option<u32>,
    rating: u32,
    text: &'static str,
}

fn item(item: Item) -> String {
    match item {
        Item::Article(number) => ids::article(number),
        Item::Activity(number) => ids::activity(number),
    }
}

/// Writes the reads of one day. Returns the shares that follow them, in order of time.
pub(super) fn write_reads(
    world: &World<'_>,
    reads: &[Read],
    rng: &mut RowStreams,
    file: &mut SampleFile,
) -> Result<Vec<Share>, SampleError> {
    let mut shares = Vec::new();
    for read in reads {
        let by_openid = rng.openid.chance(0.06);
        let [member, openid] =
            actor(file, read.member, &world.members[read.member as usize], by_openid, world.options.seed);
        file.row(row([
            member,
            openid,
            ids::article(read.article),
            world.period.text(read.at),
            read.seconds.to_string(),
            fraction(read.percent),
            read.channel.name().to_owned(),
        ]))?;
        if rng.share.chance(0.004 + 0.02 * f64::from(read.percent) / 100.0) {
            let day_ends = (read.at.div_euclid(DAY) + 1) * DAY;
            let at = (read.at + i64::from(read.seconds)).min(day_ends.min(world.period.end) - 1);
            shares.push((at, read.member, read.article));
        }
    }
    shares.sort_unstable();
    shares.dedup();
    Ok(shares)
}

/// Percent as a share, such as `0.07`.
fn fraction(percent: u8) -> String {
    let mut text = String::with_capacity(4);
    digits(&mut text, u32::from(percent) / 100, 1);
    text.push('.');
    digits(&mut text, u32::from(percent) % 100, 2);
    text
}

/// Writes shares of articles.
pub(super) fn write_shares(
    world: &World<'_>,
    shares: &[Share],
    rng: &mut RowStreams,
    file: &mut SampleFile,
) -> Result<(), SampleError> {
    for &(at, number, article) in shares {
        let by_openid = rng.openid.chance(0.5);
        let [member, openid] = actor(file, number, &world.members[number as usize], by_openid, world.options.seed);
        let channel = if rng.share.chance(0.7) { "群聊" } else { "朋友圈" };
        file.row(row([member, openid, ids::article(article), world.period.rfc3339(at), channel.to_owned()]))?;
    }
    Ok(())
}

/// Writes both arms of a push.
pub(super) fn write_push(world: &World<'_>, push: &Push, file: &mut SampleFile) -> Result<(), SampleError> {
    let id = format!("P{}", world.period.date(push.at).format("%Y%m%d"));
    let sent = world.period.text(push.at);
    for &(member, held_out) in &push.members {
        let (arm, channel) = if held_out { ("hold_out", "") } else { ("push", "公众号") };
        let cells =
            [id.clone(), ids::member(member), item(push.item), sent.clone(), arm.to_owned(), channel.to_owned()];
        file.row(row(cells))?;
    }
    Ok(())
}

/// Writes the lists shown on one day.
pub(super) fn write_shown(
    world: &World<'_>,
    shown: &[Exposure],
    rng: &mut RowStreams,
    file: &mut SampleFile,
) -> Result<(), SampleError> {
    for exposure in shown {
        let by_openid = rng.openid.chance(0.3);
        let who = &world.members[exposure.member as usize];
        let [member, openid] = actor(file, exposure.member, who, by_openid, world.options.seed);
        let shown_at = world.period.rfc3339(exposure.at);
        let position = exposure.position.to_string();
        file.row(row([member, openid, item(exposure.item), shown_at, position, "样例".to_owned()]))?;
    }
    Ok(())
}

/// Writes the sign-ups of one activity, as exported when sign-up closes.
pub(super) fn write_sign_ups(
    world: &World<'_>,
    activity: u32,
    at: SampleTime,
    sign_ups: &[SignUp],
    rng: &mut RowStreams,
    output: &mut OutputFolder<'_>,
) -> Result<(), SampleError> {
    if sign_ups.is_empty() {
        return Ok(());
    }
    let file = output.month(Table::SignUps, &world.period.month(at))?;
    for sign_up in sign_ups {
        rng.sign_ups += 1;
        let by_openid = rng.openid.chance(0.05);
        let who = &world.members[sign_up.member as usize];
        let [member, openid] = actor(file, sign_up.member, who, by_openid, world.options.seed);
        file.row(row([
            format!("S{:07}", rng.sign_ups),
            member,
            openid,
            ids::activity(activity),
            world.period.text(sign_up.at),
            status(sign_up.status).to_owned(),
            sign_up.tickets.to_string(),
            sign_up.children.to_string(),
            world.period.text(sign_up.updated),
        ]))?;
    }
    Ok(())
}

fn status(status: SignUpStatus) -> &'static str {
    match status {
        SignUpStatus::Registered => "已报名",
        SignUpStatus::Waitlisted => "候补",
        SignUpStatus::Cancelled => "已取消",
        SignUpStatus::Attended => "已签到",
        SignUpStatus::NoShow => "缺席",
    }
}

/// Generates feedback of some attendees.
pub(super) fn feedback_of(
    world: &World<'_>,
    activity: u32,
    sign_ups: &[SignUp],
    rng: &mut RandomStream,
) -> Vec<Feedback> {
    const WORDS: [[&str; 4]; 3] = [
        ["排队太久", "通知发得晚了", "和介绍的不一样", "停车不方便"],
        ["还可以", "时间再长一点就好了", "希望离家近一些", "内容不错，场地小了点"],
        ["组织得很好，谢谢工会", "孩子很喜欢", "下次还来", "老师讲得清楚"],
    ];
    let mut feedback = Vec::new();
    for sign_up in sign_ups.iter().filter(|sign_up| sign_up.status == SignUpStatus::Attended) {
        let liking = world.members[sign_up.member as usize]
            .affinity(world.activities[activity as usize].template.topic, world.activities[activity as usize].theme);
        let at = sign_up.updated + 2 * HOUR + rng.exponential(DAY as f64) as SampleTime;
        if !rng.chance(0.07) || at >= world.period.end {
            continue;
        }
        let rating = (3.6 + 0.4 * liking.min(3.0) + 0.8 * rng.normal()).round().clamp(1.0, 5.0) as u32;
        let words = &WORDS[if rating < 3 { 0 } else { rating as usize / 2 }];
        let about = (!rng.chance(0.04)).then_some(activity);
        let text = if rng.chance(0.6) { rng.pick(words) } else { "" };
        feedback.push(Feedback { at, member: sign_up.member, activity: about, rating, text });
    }
    feedback
}

/// Writes all feedback in order of time.
pub(super) fn write_feedback(
    world: &World<'_>,
    feedback: &mut Vec<Feedback>,
    output: &mut OutputFolder<'_>,
) -> Result<(), SampleError> {
    feedback.sort_unstable();
    feedback.dedup_by_key(|feedback| (feedback.at, feedback.member, feedback.activity));
    let table = Table::Feedback;
    let mut file = output.folder.create("feedback", table, Encoding::Excel, headers(table), feedback.len() as f64)?;
    for feedback in feedback {
        file.row(row([
            ids::member(feedback.member),
            String::new(),
            feedback.activity.map_or_else(String::new, ids::activity),
            world.period.text(feedback.at),
            feedback.rating.to_string(),
            feedback.text.to_owned(),
        ]))?;
    }
    output.add(file.finish()?);
    Ok(())
}
