//! Words of the contract as people say them.

use zhihui_data::ItemKind;
use zhihui_data::snapshot::EventKind;
use zhihui_engine::Language;
use zhihui_engine::insight::Phase;

use super::tongue::Tongue;
use crate::workshop::Check;

type Pair = (&'static str, &'static str);

fn told(l: Tongue, (zh, en): Pair) -> &'static str {
    l.say(zh, en)
}

/// What an item is.
pub(super) fn kind(kind: ItemKind, l: Tongue) -> &'static str {
    told(
        l,
        match kind {
            ItemKind::Article => ("文章", "Article"),
            ItemKind::Activity => ("活动", "Activity"),
            ItemKind::Service => ("服务", "Service"),
            ItemKind::Product => ("优惠", "Offer"),
            ItemKind::Venue => ("场地", "Venue"),
        },
    )
}

/// Where an item stands in its window.
pub(super) fn phase(phase: Phase, is_article: bool, l: Tongue) -> &'static str {
    told(
        l,
        match phase {
            Phase::Open if is_article => ("已发布", "published"),
            Phase::Open => ("可报名", "open"),
            Phase::Full => ("已满", "full"),
            Phase::NotOpenYet => ("未开放", "not open yet"),
            Phase::Closed => ("报名已截止", "closed"),
            Phase::Ended => ("已结束", "ended"),
        },
    )
}

/// What a member did.
pub(super) fn event(kind: EventKind, l: Tongue) -> &'static str {
    told(
        l,
        match kind {
            EventKind::Read => ("阅读", "Reads"),
            EventKind::Share => ("转发", "Shares"),
            EventKind::Shown => ("被展示", "Shown a list"),
            EventKind::SignUp => ("报名", "Sign-ups"),
            EventKind::Attended => ("到场", "Attended"),
            EventKind::Cancel => ("取消报名", "Cancelled"),
            EventKind::Push => ("收到推送", "Pushed to"),
            EventKind::HoldOut => ("列入对照组", "Held out"),
            EventKind::Feedback => ("反馈", "Feedback"),
        },
    )
}

/// A lifecycle stage.
pub(super) fn lifecycle(stage: &str, l: Tongue) -> &str {
    let pair = match stage {
        "silent" => ("从未活跃", "never active"),
        "new" => ("新活跃", "new"),
        "active" => ("活跃", "active"),
        "returning" => ("回归", "returning"),
        "fading" => ("渐少", "fading"),
        "dormant" => ("沉睡", "dormant"),
        other => return other,
    };
    told(l, pair)
}

/// The sex by its number in the snapshot.
pub(super) fn gender(code: u8, l: Tongue) -> &'static str {
    told(
        l,
        match code {
            1 => ("男", "male"),
            2 => ("女", "female"),
            _ => ("未知", "unknown"),
        },
    )
}

/// A word that stands where nothing is known.
pub(super) fn known(text: &str, l: Tongue) -> &str {
    if text == "unknown" { l.say("未知", "unknown") } else { text }
}

/// A step of the funnel.
pub(super) fn funnel_step(step: &str, l: Tongue) -> &str {
    let pair = match step {
        "all" => ("全部会员", "All members"),
        "rule" => ("符合条件", "Meet the condition"),
        "reachable" => ("能推送到(已关注)", "Can be reached (follow the account)"),
        "personalised" => ("允许个性化推送", "Allow personalised pushes"),
        "eligible" => ("符合活动限制", "Admitted to the item"),
        "not_signed_up" => ("还没有报名或阅读", "Have not signed up or read it yet"),
        "caps" => ("推送次数未到上限", "Below the push caps"),
        "quota" => ("在工会名额之内", "Within their union's quota"),
        "limit" => ("在人数上限之内", "Within the limit"),
        "hold_out" => ("除去对照组,实际推送", "Pushed, hold-out taken off"),
        other => return other,
    };
    told(l, pair)
}

/// Why somebody is not in an audience.
pub(super) fn exclusion(reason: &str, l: Tongue) -> &str {
    let pair = match reason {
        "rule" => ("不符合条件", "do not meet the conditions"),
        "no_openid" => ("没有绑定微信", "have no WeChat id"),
        "not_following" => ("未关注公众号", "do not follow the account"),
        "opted_out" => ("已关闭个性化推送", "have opted out"),
        "undescribed" => ("内容缺少标题或其他信息", "it has no title or no other attribute"),
        "not_open_yet" => ("还未开放", "it is not open yet"),
        "closed" => ("报名已截止", "sign-up is closed"),
        "ended" => ("活动已结束", "it has ended"),
        "full" => ("名额已满", "it is full"),
        "min_age" => ("年龄偏小或未知", "too young, or of unknown age"),
        "max_age" => ("年龄偏大或未知", "too old, or of unknown age"),
        "gender" => ("性别不符或未知", "of the other or of unknown sex"),
        "union" => ("不在开放的工会", "not in a union admitted"),
        "district" => ("不在开放的地区", "not in a district admitted"),
        "union_quota" => ("本工会名额已满", "their union's quota is used up"),
        "member_cap" => ("每人限额已满", "may take no ticket"),
        "already_signed_up" => ("已经报名", "have signed up"),
        "already_read" => ("已经读过", "have read it"),
        "wechat_cap" => ("本月已推送 4 次(微信上限)", "got this month's four pushes (WeChat's cap)"),
        "own_cap" => ("已到自定的推送上限", "reached our own push cap"),
        "limit" => ("超出人数上限", "beyond the limit"),
        "hold_out" => ("列入对照组", "held out"),
        other => return other,
    };
    told(l, pair)
}

/// A feature of the scorer, as what speaks for an item.
pub(super) fn feature(name: &str, l: Tongue) -> &str {
    let pair = match name {
        "factors" => ("整体口味相近", "Taste in general"),
        "neighbours" => ("与最近看过、报过的相似", "Like what was read or taken lately"),
        "topic_lift" => ("主题偏好", "Preference for its topics"),
        "band_popularity" => ("同年龄段的热度", "Popular in the age band"),
        "popularity" => ("总体热度", "Popular with everybody"),
        "union_mates" => ("本工会已有人报名", "Union mates signed up"),
        "home_district" => ("离家近", "Near home"),
        "work_district" => ("离单位近", "Near work"),
        "own_union" => ("本工会举办", "Held by the own union"),
        "freshness" => ("刚发布", "Just published"),
        "price" => ("价格", "Price"),
        "free" => ("免费", "Free"),
        "family" => ("适合带孩子", "Fit for families"),
        "reads" => ("会员阅读多", "The member reads much"),
        "sign_ups" => ("会员报名多", "The member signs up often"),
        "same_kind" => ("报过同类", "Took the same kind before"),
        "times_shown" => ("已展示多次", "Shown often already"),
        "activity" => ("会员近期活跃", "The member was active lately"),
        "topic_actions" => ("会员在相关主题上活跃", "The member is active on its topics"),
        "service" => ("属于服务", "It is a service"),
        "product" => ("属于优惠", "It is an offer"),
        "venue" => ("属于场地", "It is a venue"),
        other => return other,
    };
    told(l, pair)
}

/// A step of a run.
pub(super) fn run_step(step: &str, l: Tongue) -> &str {
    let pair = match step {
        "ingest" => ("读取文件", "Read files"),
        "drain" => ("收取事件", "Take in events"),
        "build" => ("整理数据", "Build tables"),
        "train" => ("学习模型", "Learn"),
        "publish" => ("发布", "Publish"),
        other => return other,
    };
    told(l, pair)
}

/// How a run, a step or a file ended.
pub(super) fn outcome(outcome: &str, l: Tongue) -> &str {
    let pair = match outcome {
        "done" => ("完成", "done"),
        "skipped" => ("无变化,跳过", "skipped"),
        "refused" => ("有内容被拒收", "refused"),
        "failed" => ("失败", "failed"),
        "running" => ("进行中", "running"),
        "ingested" => ("已入库", "taken in"),
        "already" => ("此前已入库", "taken in before"),
        other => return other,
    };
    told(l, pair)
}

/// What a step of a run says of itself; sentences that we do not know are left as they are.
pub(super) fn why(text: &str, l: Tongue) -> String {
    if l.tag() == "en" {
        return text.to_owned();
    }
    let known = match text {
        "nothing changed" => "没有变化",
        "already published" => "已经发布过",
        "the personal model passed the gate" => "个性化模型通过了检验",
        "the personal model did not beat the simple methods beyond doubt; the best of them serves" => {
            "个性化模型没有确实胜过简单方法,由其中最好的服务"
        }
        "the personal model trained now did not pass the gate; the one before it still does and stays" => {
            "新训练的个性化模型没有通过检验,上一个仍然通过,继续服务"
        }
        "too little history to judge a personal model; popularity serves" => "历史太短,判断不了个性化模型,按热度推荐",
        "some files were refused; what is wrong stands beside them" => "有文件被拒收,原因见下",
        other => match other.strip_suffix(" tables recomputed").filter(|count| count.parse::<u32>().is_ok()) {
            Some(count) => return format!("重新计算了 {count} 张表"),
            None => other,
        },
    };
    known.to_owned()
}

/// A check of the home that is not well, and what to do.
pub(super) fn check(check: &Check, l: Tongue) -> String {
    let zh = match (check.name.as_str(), check.message.strip_suffix(" free")) {
        ("disk", Some(free)) => format!("磁盘只剩 {free}。请尽快清理:处理数据时要写新文件。"),
        ("disk", None) => "磁盘的剩余空间读不到。请检查磁盘。".to_owned(),
        ("database", _) => "数据库 zhihui.db 打不开。请用备份恢复。".to_owned(),
        _ => check.zh.clone().unwrap_or_default(),
    };
    if l.tag() == "en" || zh.is_empty() {
        return format!("{}: {}; {}", check.name, check.message, check.remedy.as_deref().unwrap_or_default());
    }
    zh
}

/// Why a row was rejected, by the code in `rejects`, in Chinese; the code itself where it is unknown.
#[must_use]
pub fn why_rejected(reason: &str) -> &str {
    reject_reason(reason, Tongue(Language::Zh))
}

/// Why a row was rejected.
pub(super) fn reject_reason(reason: &str, l: Tongue) -> &str {
    let pair = match reason {
        "missing_value" => ("必填项为空", "a value is missing"),
        "missing_actor" => ("没有会员编号也没有 openid", "neither member_id nor openid"),
        "bad_id" => ("编号格式不对", "not an id"),
        "damaged_id" => ("编号被 Excel 改坏了(请设为文本格式再导出)", "Excel destroyed the digits of the id"),
        "bad_id_number" => ("身份证号校验不通过", "not an identity number"),
        "bad_credit_code" => ("统一社会信用代码校验不通过", "not a credit code"),
        "bad_time" => ("时间认不出来", "not a time"),
        "bad_date" => ("日期认不出来", "not a date"),
        "future_time" => ("时间在未来", "lies in the future"),
        "bad_number" => ("不是数字", "not a number"),
        "out_of_range" => ("数值超出范围", "out of range"),
        "bad_flag" => ("不是「是」或「否」", "neither yes nor no"),
        "bad_choice" => ("不是认得的取值", "not a known word"),
        "implausible_age" => ("年龄不合情理", "an age nobody has"),
        "too_long" => ("内容过长", "too long"),
        "ragged_row" => ("列数与表头不一致", "more or fewer fields than the header"),
        "bad_quote" => ("引号没有闭合", "a quotation mark is not closed"),
        "bad_json" => ("不是一个 JSON 对象", "no JSON object"),
        other => return other,
    };
    told(l, pair)
}

/// A table of the contract.
pub(super) fn table(name: &str, l: Tongue) -> &str {
    let pair = match name {
        "unions" => ("工会", "unions"),
        "members" => ("会员", "members"),
        "memberships" => ("会员加入的其他工会", "memberships"),
        "articles" => ("文章", "articles"),
        "activities" => ("活动", "activities"),
        "reads" => ("阅读", "reads"),
        "shares" => ("转发", "shares"),
        "sign_ups" => ("报名", "sign-ups"),
        "pushes" => ("推送", "pushes"),
        "shown" => ("展示", "shown"),
        "feedback" => ("反馈", "feedback"),
        other => return other,
    };
    told(l, pair)
}
