//! The first page: what is running, how fresh it is, what needs attention, and where to go.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use zhihui_data::{ItemKind, Zone};
use zhihui_engine::insight::{ItemInsight, Phase};

use super::frame::Frame;
use super::html::{address, page, path_segment};
use super::report::{grouped, local_minute};
use super::tongue::Tongue;
use super::words;
use crate::problem::Problem;
use crate::service::{Service, Staleness};
use crate::workshop::{Check, RunEntry};

/// Activities named one by one; of more their number is told.
const NAMED: usize = 3;

#[derive(Template)]
#[template(path = "home/page.html")]
struct HomePage<'a> {
    frame: &'a Frame,
    sentence: String,
    published: Option<Published>,
    matters: Vec<Matter>,
    links: Vec<(&'static str, &'static str, &'static str)>,
    program_version: &'static str,
}

struct Published {
    version: String,
    as_of: String,
    age: String,
    /// Members of the account; staff of one union do not see how many.
    members: Option<String>,
    items: String,
    open: String,
    model: &'static str,
    last_run: Option<(String, String, &'static str)>,
}

/// Something that needs attention.
struct Matter {
    /// `bad` or `warn`.
    tone: &'static str,
    text: String,
    /// Where it is seen to, and what that is called; empty where there is no such page.
    address: String,
    action: &'static str,
}

/// What the pipeline's side told.
#[derive(Default)]
struct Told {
    last: Option<RunEntry>,
    rejected: u64,
    checks: Vec<Check>,
    newer: usize,
}

/// What is running, how fresh it is, what needs attention.
#[utoipa::path(get, path = "/", tag = "pages", responses((status = 200, description = "A page")))]
pub(crate) async fn home(State(service): State<Service>, frame: Frame) -> Result<Response, Problem> {
    let (l, now) = (frame.l, service.now());
    let staleness = service.staleness();
    let zone = staleness.as_ref().map(|now| now.facts.zone).unwrap_or_default();
    let items = match service.live() {
        Ok(_) => service.compute(move |live| live.answers.item_list(i64::MAX, now)).await?,
        Err(_) => Vec::new(),
    };
    // Files and runs concern members of every union.
    let told = if frame.is_staff() && frame.sees_all { told(&service).await } else { Told::default() };
    let matters = matters(&frame, staleness.as_ref(), &items, &told, now);
    let open = items.iter().filter(|item| item.phase == Phase::Open).count();
    let published = staleness.map(|state| Published {
        as_of: local_minute(state.facts.as_of, zone),
        age: age(state.age_seconds, l),
        members: frame.sees_all.then(|| grouped(state.facts.members as f64, 0)),
        items: grouped(state.facts.items as f64, 0),
        open: grouped(open as f64, 0),
        model: if is_personal(&state.facts.model) {
            l.say("个性化", "personal")
        } else {
            l.say("按热度", "by popularity")
        },
        last_run: told.last.as_ref().map(|run| last_run(run, zone, l)),
        version: state.facts.version,
    });
    let template = HomePage {
        sentence: sentence(published.as_ref(), matters.len(), l),
        links: links(&frame),
        matters,
        published,
        program_version: env!("CARGO_PKG_VERSION"),
        frame: &frame,
    };
    Ok(page(StatusCode::OK, &frame, &template))
}

fn is_personal(model: &str) -> bool {
    !matches!(model, "" | "popular" | "rules")
}

async fn told(service: &Service) -> Told {
    let Some(workshop) = service.workshop() else { return Told::default() };
    let last = workshop.runs(1).await.unwrap_or_default().into_iter().next();
    let began = last.as_ref().map_or(i64::MIN, |run| run.started_at);
    let newer = workshop.waiting().await.unwrap_or_default().iter().filter(|file| file.came_at > began).count();
    let rejected = match &last {
        Some(run) => run.files.iter().map(|file| file.rejected).sum(),
        None => 0,
    };
    let checks = workshop.checks().await.into_iter().filter(|check| check.status != "ok").collect();
    Told { last, rejected, checks, newer }
}

fn last_run(run: &RunEntry, zone: Zone, l: Tongue) -> (String, String, &'static str) {
    let outcome = run.outcome.as_deref().unwrap_or("running");
    let tone = match outcome {
        "done" => "good",
        "running" => "busy",
        _ => "full",
    };
    (local_minute(run.started_at, zone), words::outcome(outcome, l).to_owned(), tone)
}

fn age(seconds: i64, l: Tongue) -> String {
    let (number, zh, en) = match seconds {
        0..60 => return l.say("刚刚", "just now").to_owned(),
        60..7_200 => (seconds / 60, "分钟前", "min ago"),
        7_200..172_800 => (seconds / 3_600, "小时前", "h ago"),
        _ => (seconds / 86_400, "天前", "days ago"),
    };
    if l.tag() == "en" { format!("{number} {en}") } else { format!("{number} {zh}") }
}

fn sentence(published: Option<&Published>, matters: usize, l: Tongue) -> String {
    let en = l.tag() == "en";
    let Some(now) = published else {
        return l
            .say(
                "还没有可以回答的数据:先上传文件,再处理一次。",
                "There is nothing to answer with yet: upload files, then run once.",
            )
            .to_owned();
    };
    let (as_of, open) = (&now.as_of, &now.open);
    let members = now.members.as_ref();
    if en {
        let served = match members {
            Some(members) => format!("{members} members are served from the state of {as_of}"),
            None => format!("The state of {as_of} is served"),
        };
        return match matters {
            0 => format!("All is well: {served}, and {open} items can be signed up for."),
            1 => format!("{served}; {open} items can be signed up for. One matter needs attention."),
            n => format!("{served}; {open} items can be signed up for. {n} matters need attention."),
        };
    }
    let serves = members.map(|members| format!("为 {members} 名会员服务，")).unwrap_or_default();
    match matters {
        0 => format!("一切正常：正用截至 {as_of} 的数据，{serves}{open} 项活动可以报名。"),
        n => format!("正用截至 {as_of} 的数据，{serves}{open} 项活动可以报名；有 {n} 件事要留意。"),
    }
}

fn matters(frame: &Frame, state: Option<&Staleness>, items: &[ItemInsight], told: &Told, now: i64) -> Vec<Matter> {
    let l = frame.l;
    let en = l.tag() == "en";
    let staff = frame.is_staff() && frame.sees_all;
    let mut all = Vec::new();
    let mut tell = |tone, text: String, address: String, action| all.push(Matter { tone, text, address, action });
    let to_data = |part: &str| if staff { format!("/data{part}") } else { String::new() };
    let to_models = if frame.sees_all { "/models".to_owned() } else { String::new() };
    let see = l.say("去看看", "Look");
    match state {
        None => tell(
            "bad",
            l.say("还没有发布任何数据。", "Nothing has been published yet.").to_owned(),
            to_data(""),
            l.say("上传数据", "Upload data"),
        ),
        Some(state) if state.stale => {
            let age = age(state.age_seconds, l);
            let text = if en {
                format!("The state is old: it was made {age}. Check the nightly run.")
            } else {
                format!("数据旧了:是 {age}的。请检查夜间处理。")
            };
            tell("bad", text, to_data("#runs"), see);
        }
        Some(_) => {}
    }
    for check in &told.checks {
        let tone = if check.status == "fail" { "bad" } else { "warn" };
        tell(tone, words::check(check, l), to_data(""), see);
    }
    if let Some(run) = &told.last {
        let refused = run.files.iter().filter(|file| file.status == "refused").count();
        if run.outcome.as_deref() == Some("failed") {
            tell(
                "bad",
                l.say(
                    "最近一次处理失败了,仍用上一次的结果服务。",
                    "The latest run failed; the result before it goes on serving.",
                )
                .to_owned(),
                to_data("#runs"),
                see,
            );
        }
        if refused > 0 {
            let text = if en {
                format!("{} refused in the latest run.", counted(refused, "file was", "files were"))
            } else {
                format!("最近一次处理拒收了 {refused} 个文件。")
            };
            tell("bad", text, to_data("#runs"), see);
        }
        if told.rejected > 0 {
            let count = grouped(told.rejected as f64, 0);
            let text = if en {
                format!("{count} rows of the latest files could not be used.")
            } else {
                format!("最近的文件里有 {count} 行用不了。")
            };
            tell(
                "warn",
                text,
                address("/data", [("run", run.run_id.as_str())].into_iter()) + "#rejects",
                l.say("下载改正", "Take them away"),
            );
        }
        if run.gate.as_ref().is_some_and(|gate| !gate.accepted) {
            let text = l.say(
                "最近一次训练的模型没有通过检验,没有上线。",
                "The model of the latest run did not pass its test and does not serve.",
            );
            tell("warn", text.to_owned(), to_models.clone(), l.say("看检验", "See the test"));
        }
    }
    if told.newer > 0 {
        let n = told.newer;
        let text = if en {
            format!("{} after the latest run, to be taken in by the next.", counted(n, "file came", "files came"))
        } else {
            format!("有 {n} 个新文件等待处理。")
        };
        tell("warn", text, to_data("#upload"), l.say("现在处理", "Run now"));
    }
    if state.is_some_and(|state| !is_personal(&state.facts.model)) {
        let text = l.say(
            "现在按热度推荐:还没有通过检验的个性化模型。",
            "Popularity serves: no personal model has passed its test.",
        );
        tell("warn", text.to_owned(), to_models.clone(), l.say("为什么", "Why"));
    }
    of_items(items, now, l, &mut tell);
    all
}

/// What needs attention among the items: full ones, and those that close soon with most seats left.
fn of_items(
    items: &[ItemInsight],
    now: i64,
    l: Tongue,
    tell: &mut dyn FnMut(&'static str, String, String, &'static str),
) {
    let en = l.tag() == "en";
    let of = |wanted: &dyn Fn(&ItemInsight) -> bool| -> Vec<&ItemInsight> {
        items.iter().filter(|item| item.kind != ItemKind::Article && wanted(item)).collect()
    };
    let full = of(&|item| item.phase == Phase::Full);
    let is_empty = |item: &ItemInsight| match (item.capacity, item.seats_left) {
        (Some(capacity), Some(left)) => capacity > 0 && left > capacity / 2,
        _ => false,
    };
    let closes_soon = |item: &ItemInsight| item.closes_at.is_some_and(|at| (now..now + 2 * 86_400).contains(&at));
    let slow = of(&|item| item.phase == Phase::Open && closes_soon(item) && is_empty(item));
    let names = |found: &[&ItemInsight]| {
        found.iter().take(NAMED).map(|item| format!("「{}」", item.title)).collect::<Vec<_>>().join("")
    };
    let place = |found: &[&ItemInsight], list: &str| match found {
        [only] => format!("/items/{}", path_segment(&only.item_id)),
        _ => list.to_owned(),
    };
    let see = l.say("去看看", "Look");
    if !slow.is_empty() {
        let (count, names) = (slow.len(), names(&slow));
        let text = if en {
            format!(
                "{} within two days with more than half of the seats left: {names}",
                counted(count, "item closes", "items close")
            )
        } else {
            format!("{count} 项活动两天内截止,名额还剩一半以上:{names}")
        };
        tell("warn", text, place(&slow, "/items?sort=closes"), see);
    }
    if !full.is_empty() {
        let (count, names) = (full.len(), names(&full));
        let text = if en {
            format!("{} full: {names}", counted(count, "item is", "items are"))
        } else {
            format!("{count} 项活动名额已满:{names}")
        };
        tell("warn", text, place(&full, "/items?sort=seats"), see);
    }
}

fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn links(frame: &Frame) -> Vec<(&'static str, &'static str, &'static str)> {
    let l = frame.l;
    let all = [
        (
            "/audiences",
            l.say("选受众", "Choose an audience"),
            l.say("这件事该告诉谁,会来多少人", "Who should hear of it, and how many will come"),
            frame.is_staff(),
        ),
        (
            "/items",
            l.say("活动与文章", "Items"),
            l.say("现在开放什么,还剩多少名额,能推送到谁", "What is open, how many seats are left, whom it reaches"),
            true,
        ),
        (
            "/reports",
            l.say("报告", "Reports"),
            l.say("工作有没有效果,对谁有效,哪里没有动静", "Is it working, for whom, and where is it silent"),
            frame.reads_reports(),
        ),
        (
            "/data",
            l.say("数据", "Data"),
            l.say("上传文件,看处理结果,取回错误的行", "Upload files, see what became of them, take wrong rows back"),
            frame.is_staff() && frame.sees_all,
        ),
        (
            "/models",
            l.say("模型", "Models"),
            l.say(
                "推荐准不准,看重什么,有哪些兴趣人群",
                "How good the recommender is, what it looks at, which interests there are",
            ),
            frame.sees_all,
        ),
        (
            "/docs",
            l.say("接口文档", "API documentation"),
            l.say("给对接微信后台的开发人员", "For those who connect the WeChat backend"),
            true,
        ),
    ];
    all.into_iter().filter(|link| link.3).map(|(address, name, what, _)| (address, name, what)).collect()
}
