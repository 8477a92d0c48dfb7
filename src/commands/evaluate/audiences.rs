//! `zhihui evaluate --audiences`: judges audiences at past dates, compared with simple rules.

use zhihui_data::snapshot::Snapshot;
use zhihui_engine::Language;
use zhihui_pipeline::backtest::{
    self, AudienceBacktest, AudienceSlice, BacktestOptions, Dates, PushSlice, RuleReport, Settings, SizeReport,
};
use zhihui_pipeline::build;
use zhihui_pipeline::config;
use zhihui_pipeline::train::TrainOptions;

use crate::cli::Evaluate;
use crate::commands::Context;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::progress::Meter;
use crate::{clock, output};

/// Maximum number of days of pushes. A model is trained for each.
const MAX_PUSH_DATES: usize = 26;

pub(super) async fn run(context: &Context<'_>, args: &Evaluate) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    let options = options(&home, args).await?;
    let as_of = home.as_of(args.as_of.as_of.as_deref())?;
    let meter = Meter::start();
    meter.tick("reading the interactions");
    let assembled =
        build::assemble(&home.lake().await?, &home.build_options(as_of, "evaluate")).await.map_err(refuse)?;
    let assembled = with_sensitive_topics(&home, assembled);
    let report =
        backtest::audiences(&assembled, &build::snapshot_before, &options, &|text| meter.tick(text)).map_err(refuse)?;
    drop(meter);
    if context.json {
        output::json(&report)?
    } else {
        print(&report, context.language(false))?
    }
    Ok(Outcome::Done)
}

async fn options(home: &Home, args: &Evaluate) -> anyhow::Result<BacktestOptions> {
    let given = &args.backtest;
    let dates = match (given.dates.as_str(), given.dates.parse()) {
        ("pushes", _) => Dates::OfPushes(MAX_PUSH_DATES),
        (_, Ok(count)) => Dates::Last(count),
        (_, Err(_)) => {
            let instant =
                |text: &str| Ok::<_, anyhow::Error>(clock::parse_instant(text.trim(), home.zone())?.timestamp());
            Dates::At(given.dates.split(',').map(instant).collect::<Result<_, _>>()?)
        }
    };
    let (mut train, settings) = settings(home);
    train.deleted_topics = home.consent().await?.0.deleted_topics;
    Ok(BacktestOptions {
        dates,
        sizes: given.size.iter().map(|size| size.parse()).collect::<Result<_, _>>()?,
        days: given.days,
        items: given.items,
        among: given.among.as_deref().map(|name| name.parse().map_err(anyhow::Error::msg)).transpose()?,
        caps: home.config.push.caps(),
        all_lists: given.lists,
        train,
        settings,
        seed: args.seed,
    })
}

/// Returns the settings of the current model, else those of `zhihui.toml`.
fn settings(home: &Home) -> (TrainOptions, Settings) {
    let card = home.published().load_model().ok().and_then(|(served, _)| {
        let card: serde_json::Value = serde_json::from_str(&served.model.card).ok()?;
        serde_json::from_value(card["parameters"].clone()).ok()
    });
    card.map_or_else(|| (home.config.train.clone(), Settings::Configured), |options| (options, Settings::Card))
}

/// Returns the snapshot with the sensitive topics of the home.
fn with_sensitive_topics(home: &Home, mut snapshot: Snapshot) -> Snapshot {
    let is_sensitive = |topic: &String| config::is_sensitive(&home.config.sensitive_topics, topic);
    let sensitive = (0_u32..).zip(&snapshot.topics).filter(|(_, topic)| is_sensitive(topic)).map(|(at, _)| at);
    snapshot.sensitive_topics = sensitive.collect();
    snapshot
}

fn text(language: Language, zh: &'static str, en: &'static str) -> &'static str {
    if language == Language::Zh { zh } else { en }
}

fn print(report: &AudienceBacktest, language: Language) -> anyhow::Result<()> {
    let text = |zh, en| text(language, zh, en);
    let lists: usize = report.dates.iter().map(|date| date.lists).sum();
    let (n_dates, days, days_to_read) = (report.dates.len(), report.days, report.days_to_read);
    let among = report.among;
    output::print_line(&match language {
        Language::Zh => format!(
            "受众回测：{n_dates} 个日期，{lists} 份名单（会员范围 {among}）；报名 {days} 天内、阅读 {days_to_read} 天内算响应"
        ),
        Language::En => format!(
            "audiences at {n_dates} past dates, {lists} lists among {among} members; sign-ups within {days} days and reads \
             within {days_to_read} count"
        ),
    })?;
    let row = |date: &backtest::DateReport| {
        let gate = match date.accepted {
            None => text("未检验", "not judged"),
            Some(true) => text("通过", "passed"),
            Some(false) => text("未通过", "not passed"),
        };
        vec![
            date.at.clone(),
            date.model.clone(),
            gate.to_owned(),
            date.lists.to_string(),
            date.items_left_out.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = report.dates.iter().map(row).collect();
    output::print_line("")?;
    let headers = match language {
        Language::Zh => ["日期", "模型", "检验", "名单", "未计内容"],
        Language::En => ["date", "model", "gate", "lists", "items left out"],
    };
    output::table(&headers, &rows, &[false, false, false, true, true])?;
    for slice in &report.parts {
        print_slice(slice, language)?;
    }
    print_pushes(&report.pushes, language)?;
    if report.parts.is_empty() {
        output::print_message("no slice has ten or more responders; use more --dates, or --among everyone");
    }
    let is_by_date = report.resampled == "dates";
    output::print_line(&match language {
        Language::Zh => format!(
            "\n命中率：名单包含的响应会员的比例；提升：系统名单的命中率除以简单方法的命中率（95% 区间，按{}重抽样）\n\
             预计：预览预测的响应；覆盖：90% 区间包含实际响应的比例，只计一周内新上线内容的名单和已发送的推送",
            if is_by_date { "日期" } else { "名单" }
        ),
        Language::En => format!(
            "\nrecall: share of responders on the list; lift: recall divided by that of the rule (95 %, {} resampled)\n\
             expected: responses predicted by previews; covered: share whose 90 % interval contains the responses, of \
             lists for items first offered in the week before, and of sent pushes",
            report.resampled
        ),
    })
}

/// Prints how many responses to sent pushes were expected, by group of items.
fn print_pushes(slices: &[PushSlice], language: Language) -> anyhow::Result<()> {
    if slices.is_empty() {
        return Ok(());
    }
    let text = |zh, en| text(language, zh, en);
    output::print_line("")?;
    output::print_line(text("已发送的推送", "sent pushes"))?;
    let row = |slice: &PushSlice| {
        vec![
            items_label(&slice.items, language).to_owned(),
            slice.pushes.to_string(),
            slice.members.to_string(),
            format!("{:.1}", slice.expected),
            slice.actual.to_string(),
            format!("{:.0}%", 100.0 * slice.coverage),
        ]
    };
    let headers = match language {
        Language::Zh => ["内容", "推送", "人次", "预计", "实际", "覆盖"],
        Language::En => ["items", "pushes", "members", "expected", "actual", "covered"],
    };
    let rows: Vec<Vec<String>> = slices.iter().map(row).collect();
    output::table(&headers, &rows, &[false, true, true, true, true, true])
}

fn items_label(items: &str, language: Language) -> &'static str {
    if items == "articles" { text(language, "文章", "articles") } else { text(language, "活动", "activities") }
}

fn print_slice(slice: &AudienceSlice, language: Language) -> anyhow::Result<()> {
    let text = |zh, en| text(language, zh, en);
    let items = items_label(&slice.items, language);
    let history = match slice.history.as_str() {
        "warm" => text("，已有响应的内容", ", warm items"),
        "cold" => text("，新内容", ", cold items"),
        _ => "",
    };
    let members = match slice.members.as_str() {
        "warm" => text("，有记录的会员", ", warm members"),
        "cold" => text("，无记录的会员", ", cold members"),
        _ => "",
    };
    let (lists, people, responses) = (slice.lists, slice.people, slice.responses);
    output::print_line("")?;
    output::print_line(&match language {
        Language::Zh => format!("{items}{history}{members}：{lists} 份名单，{people} 人，{responses} 人次"),
        Language::En => format!("{items}{history}{members}: {lists} lists, {people} people, {responses} responses"),
    })?;
    let mut headers = vec![text("大小", "size"), text("命中率", "recall")];
    let rules = slice.sizes.first().map_or(&[][..], |size| &size.rules);
    headers.extend(rules.iter().map(|rule| label(&rule.rule, language)));
    headers.extend([text("预计", "expected"), text("实际", "actual"), text("覆盖", "covered")]);
    let rows: Vec<Vec<String>> = slice.sizes.iter().map(|size| row(size, language)).collect();
    output::table(&headers, &rows, &vec![true; headers.len()])
}

fn row(size: &SizeReport, language: Language) -> Vec<String> {
    let mut cells = vec![size.size.clone(), format!("{:.1}%", 100.0 * size.recall)];
    cells.extend(size.rules.iter().map(|rule| recall_and_lift(rule, language)));
    cells.push(size.expected.map_or_else(String::new, |expected| format!("{expected:.1}")));
    cells.push(size.actual.to_string());
    cells.push(size.coverage.map_or_else(String::new, |share| format!("{:.0}%", 100.0 * share)));
    cells
}

/// Formats the recall of a rule, and the lift over it with its interval.
fn recall_and_lift(rule: &RuleReport, language: Language) -> String {
    let bound = |bound: Option<f64>| bound.map_or_else(|| "-".to_owned(), |bound| format!("{bound:.2}"));
    let [low, high] = rule.interval.map(bound);
    let (recall, lift) = (100.0 * rule.recall, bound(rule.lift));
    match language {
        Language::Zh => format!("{recall:.1}% ×{lift}（{low} 至 {high}）"),
        Language::En => format!("{recall:.1}% ×{lift} ({low} to {high})"),
    }
}

fn label(rule: &str, language: Language) -> &str {
    let (zh, en) = match rule {
        "chance" => ("随机", "chance"),
        "active_lately" => ("近期活跃", "active lately"),
        "topic_activity" => ("主题活跃", "topic activity"),
        "item_knn" => ("相似内容", "item-kNN"),
        "segment_popularity" => ("年龄段热度", "popularity by age band"),
        other => return other,
    };
    text(language, zh, en)
}
