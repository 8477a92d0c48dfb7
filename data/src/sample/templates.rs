//! Templates of activities with their admission rules.

use super::topics::number;
use crate::{Gender, ItemKind};

/// A template of activities, services, coupons or venues. Zero or `None` means no limit.
#[derive(Debug)]
pub(super) struct ActivityTemplate {
    /// `{t}` theme, `{d}` district, `{s}` season, `{f}` film, `{n}` number.
    pub(super) title: &'static str,
    pub(super) kind: ItemKind,
    pub(super) topic: usize,
    pub(super) second: Option<usize>,
    /// Frequency relative to other templates of the same kind.
    pub(super) weight: f64,
    /// Smallest and largest number of seats; zero for no limit.
    pub(super) seats: (u32, u32),
    /// Interested members per seat.
    pub(super) demand: f64,
    pub(super) per_member: u32,
    pub(super) child_tickets: u32,
    pub(super) ages: (Option<u32>, Option<u32>),
    pub(super) gender: Option<Gender>,
    /// Probability that only members of some districts are admitted.
    pub(super) local: f64,
    pub(super) price: f64,
    pub(super) team: u32,
    /// Duration of sign-up in days.
    pub(super) window_days: i64,
    /// Share of members with a seat who do not attend.
    pub(super) no_show: f64,
    /// Whether it is a film premiere: caps by union, separate screenings, and a rush when sign-up opens.
    pub(super) premiere: bool,
}

/// A typical activity. The templates below list only the differences.
const ACTIVITY: ActivityTemplate = ActivityTemplate {
    title: "",
    kind: ItemKind::Activity,
    topic: 0,
    second: None,
    weight: 1.0,
    seats: (30, 80),
    demand: 0.9,
    per_member: 1,
    child_tickets: 0,
    ages: (None, None),
    gender: None,
    local: 0.0,
    price: 0.0,
    team: 0,
    window_days: 18,
    no_show: 0.12,
    premiere: false,
};

const SERVICE: ActivityTemplate =
    ActivityTemplate { kind: ItemKind::Service, seats: (0, 0), demand: 0.014, no_show: 0.08, ..ACTIVITY };
const COUPON: ActivityTemplate = ActivityTemplate {
    kind: ItemKind::Product,
    seats: (250, 900),
    demand: 0.8,
    window_days: 90,
    no_show: 0.28,
    ..ACTIVITY
};
const VENUE: ActivityTemplate =
    ActivityTemplate { kind: ItemKind::Venue, seats: (0, 0), demand: 0.008, no_show: 0.06, ..ACTIVITY };

const FILM: usize = number("观影");
const CHILDREN: usize = number("亲子");
const HEALTH: usize = number("健康");
const BADMINTON: usize = number("羽毛球");
const PICKING: usize = number("采摘");
const BOOKS: usize = number("读书");
const LAW: usize = number("法律");
const FOOD: usize = number("美食优惠");
const MONEY: usize = number("理财反诈");
const SKILLS: usize = number("技能培训");
const SINGLES: usize = number("单身联谊");
const RETIRED: usize = number("退休生活");
const DRIVING: usize = number("驾驶");
const CONCERT: usize = number("音乐会");
const HIKING: usize = number("徒步");
const MIND: usize = number("心理");

/// All templates.
pub(super) static ALL: [ActivityTemplate; 37] = [
    ActivityTemplate {
        title: "《{f}》首映观影",
        topic: FILM,
        weight: 0.6,
        seats: (2_000, 2_000),
        demand: 1.7,
        child_tickets: 2,
        window_days: 12,
        no_show: 0.07,
        premiere: true,
        ..ACTIVITY
    },
    ActivityTemplate {
        title: "{t}观影团", topic: FILM, seats: (80, 200), child_tickets: 2, weight: 2.0, ..ACTIVITY
    },
    ActivityTemplate {
        title: "{d}{t}采摘一日游",
        topic: PICKING,
        second: Some(CHILDREN),
        seats: (40, 120),
        per_member: 2,
        child_tickets: 4,
        price: 39.0,
        weight: 2.2,
        ..ACTIVITY
    },
    ActivityTemplate {
        title: "职工羽毛球{t}赛",
        topic: BADMINTON,
        ages: (Some(18), Some(55)),
        seats: (32, 96),
        team: 2,
        ..ACTIVITY
    },
    ActivityTemplate {
        title: "羽毛球{t}体验课",
        topic: BADMINTON,
        ages: (Some(16), Some(60)),
        seats: (16, 40),
        price: 15.0,
        weight: 2.0,
        local: 0.3,
        ..ACTIVITY
    },
    ActivityTemplate {
        title: "亲子{t}日",
        topic: CHILDREN,
        child_tickets: 3,
        seats: (30, 90),
        demand: 1.4,
        weight: 2.5,
        local: 0.35,
        ..ACTIVITY
    },
    ActivityTemplate {
        title: "{d}科技馆亲子{t}专场", topic: CHILDREN, child_tickets: 3, seats: (60, 150), ..ACTIVITY
    },
    ActivityTemplate {
        title: "女职工健康检查专场",
        topic: HEALTH,
        gender: Some(Gender::Female),
        ages: (Some(20), None),
        seats: (100, 300),
        weight: 1.2,
        ..ACTIVITY
    },
    ActivityTemplate {
        title: "{t}健康筛查",
        topic: HEALTH,
        ages: (Some(40), None),
        seats: (60, 200),
        local: 0.3,
        ..ACTIVITY
    },
    ActivityTemplate {
        title: "健康讲座：{t}", topic: HEALTH, seats: (60, 200), demand: 0.5, weight: 1.5, ..ACTIVITY
    },
    ActivityTemplate {
        title: "{s}{t}惠民音乐会",
        topic: CONCERT,
        seats: (150, 400),
        price: 50.0,
        per_member: 2,
        ..ACTIVITY
    },
    ActivityTemplate { title: "{t}导赏会", topic: CONCERT, second: Some(BOOKS), seats: (30, 80), ..ACTIVITY },
    ActivityTemplate {
        title: "驾驶陪练课：{t}",
        topic: DRIVING,
        ages: (Some(18), Some(60)),
        seats: (12, 30),
        price: 120.0,
        weight: 1.5,
        ..ACTIVITY
    },
    ActivityTemplate { title: "{t}读书会", topic: BOOKS, seats: (20, 50), weight: 1.6, ..ACTIVITY },
    ActivityTemplate { title: "{t}普法讲座", topic: LAW, seats: (60, 150), demand: 0.5, weight: 1.3, ..ACTIVITY },
    ActivityTemplate {
        title: "{t}讲座进园区", topic: MONEY, seats: (80, 200), demand: 0.5, local: 0.3, ..ACTIVITY
    },
    ActivityTemplate {
        title: "{t}培训班第{n}期",
        topic: SKILLS,
        ages: (None, Some(60)),
        weight: 2.2,
        demand: 1.2,
        ..ACTIVITY
    },
    ActivityTemplate {
        title: "{t}联谊会",
        topic: SINGLES,
        ages: (Some(22), Some(40)),
        seats: (40, 120),
        demand: 1.1,
        no_show: 0.2,
        weight: 1.2,
        ..ACTIVITY
    },
    ActivityTemplate {
        title: "退休会员{t}班", topic: RETIRED, ages: (Some(50), None), seats: (20, 40), ..ACTIVITY
    },
    ActivityTemplate {
        title: "{d}{t}健步走",
        topic: HIKING,
        ages: (Some(18), Some(65)),
        seats: (50, 150),
        local: 0.25,
        weight: 1.8,
        ..ACTIVITY
    },
    ActivityTemplate {
        title: "心理沙龙：{t}", topic: MIND, seats: (20, 40), demand: 1.2, weight: 1.4, ..ACTIVITY
    },
    ActivityTemplate { title: "律师坐班咨询（{t}）", topic: LAW, ..SERVICE },
    ActivityTemplate { title: "心理咨询预约（{t}）", topic: MIND, ..SERVICE },
    ActivityTemplate { title: "{d}便民理发与义诊", topic: HEALTH, second: Some(RETIRED), local: 1.0, ..SERVICE },
    ActivityTemplate { title: "技能补贴代办（{t}）", topic: SKILLS, ages: (None, Some(60)), ..SERVICE },
    ActivityTemplate { title: "{s}假期托管报名", topic: CHILDREN, child_tickets: 2, ..SERVICE },
    ActivityTemplate {
        title: "{d}老年助餐登记",
        topic: RETIRED,
        second: Some(FOOD),
        ages: (Some(60), None),
        ..SERVICE
    },
    ActivityTemplate { title: "{d}{t}套餐券", topic: FOOD, price: 19.9, weight: 3.0, ..COUPON },
    ActivityTemplate { title: "影院{t}优惠券", topic: FILM, price: 9.9, per_member: 2, weight: 2.0, ..COUPON },
    ActivityTemplate {
        title: "{d}{t}园门票券",
        topic: PICKING,
        price: 29.0,
        per_member: 2,
        child_tickets: 3,
        ..COUPON
    },
    ActivityTemplate { title: "体检套餐优惠（{t}）", topic: HEALTH, price: 199.0, ..COUPON },
    ActivityTemplate { title: "洗车与{t}代金券", topic: DRIVING, price: 15.0, ..COUPON },
    ActivityTemplate { title: "书店{t}抵扣券", topic: BOOKS, price: 5.0, ..COUPON },
    ActivityTemplate { title: "{d}羽毛球场地", topic: BADMINTON, price: 30.0, local: 0.3, weight: 2.0, ..VENUE },
    ActivityTemplate { title: "共享会议室 {n} 号", topic: SKILLS, weight: 2.0, ..VENUE },
    ActivityTemplate { title: "{d}职工书屋自习位", topic: BOOKS, ..VENUE },
    ActivityTemplate { title: "亲子活动室 {n} 号", topic: CHILDREN, second: Some(MIND), ..VENUE },
];
