//! `zhihui evaluate --audiences`: the lists of past dates beside simple rules.

use zhihui_data::snapshot::Snapshot;
use zhihui_pipeline::backtest::{
    self, AudienceBacktest, BacktestOptions, Dates, PartReport, RuleReport, Settings, SizeReport,
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
        print(&report)?
    }
    Ok(Outcome::Done)
}

async fn options(home: &Home, args: &Evaluate) -> anyhow::Result<BacktestOptions> {
    let given = &args.backtest;
    let dates = match given.dates.parse() {
        Ok(count) => Dates::Last(count),
        Err(_) => {
            let instant = |text: &str| Ok::<_, anyhow::Error>(clock::instant(text.trim(), home.zone())?.timestamp());
            Dates::At(given.dates.split(',').map(instant).collect::<Result<_, _>>()?)
        }
    };
    let (mut train, settings) = settings(home);
    train.deleted_topics = home.wishes().await?.0.deleted_topics;
    Ok(BacktestOptions {
        dates,
        sizes: given.size.iter().map(|size| size.parse()).collect::<Result<_, _>>()?,
        days: given.days,
        items: given.items,
        among: given.among.as_deref().map(|name| name.parse().map_err(anyhow::Error::msg)).transpose()?,
        caps: home.config.push.caps(),
        each: given.lists,
        train,
        settings,
        seed: args.seed,
    })
}

/// The settings that the current model was trained with, else those of `zhihui.toml`.
fn settings(home: &Home) -> (TrainOptions, Settings) {
    let card = home.published().load().ok().and_then(|(snapshot, _)| {
        let card: serde_json::Value = serde_json::from_str(&snapshot.model.card).ok()?;
        serde_json::from_value(card["parameters"].clone()).ok()
    });
    card.map_or_else(|| (home.config.train.clone(), Settings::Configured), |options| (options, Settings::Card))
}

/// The snapshot with the sensitive topics of the home.
fn with_sensitive_topics(home: &Home, mut snapshot: Snapshot) -> Snapshot {
    let is_sensitive = |topic: &String| config::is_sensitive(&home.config.sensitive_topics, topic);
    let sensitive = (0_u32..).zip(&snapshot.topics).filter(|(_, topic)| is_sensitive(topic)).map(|(at, _)| at);
    snapshot.sensitive_topics = sensitive.collect();
    snapshot
}

fn print(report: &AudienceBacktest) -> anyhow::Result<()> {
    let lists: usize = report.dates.iter().map(|date| date.lists).sum();
    output::line(&format!(
        "受众回测：{} 个日期，{lists} 份名单；报名 {} 天内、阅读 {} 天内算响应",
        report.dates.len(),
        report.days,
        report.days_to_read
    ))?;
    output::line(&format!(
        "audiences at {} past dates, {lists} lists among {} members; sign-ups within {} days and reads within {} count",
        report.dates.len(),
        report.among,
        report.days,
        report.days_to_read
    ))?;
    let row = |date: &backtest::DateReport| {
        let gate = date.accepted.map_or("not judged", |accepted| if accepted { "passed" } else { "not passed" });
        vec![
            date.at.clone(),
            date.model.clone(),
            gate.to_owned(),
            date.lists.to_string(),
            date.items_left_out.to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = report.dates.iter().map(row).collect();
    output::line("")?;
    let right = [false, false, false, true, true];
    output::table(&["日期 date", "模型 model", "检验 gate", "名单 lists", "未计 items left out"], &rows, &right)?;
    for part in &report.parts {
        print_part(part)?;
    }
    if report.parts.is_empty() {
        output::say("no part with ten or more people who came; choose more --dates, or --among everyone");
    }
    output::line(&format!(
        "\n命中率 recall: share of those who came that the list holds; 提升 lift: ours over the rule's, (95 %, {} resampled)\n\
         expected: responses that the previews foresaw; covered: lists whose 90 % interval held those who came",
        report.resampled
    ))
}

fn print_part(part: &PartReport) -> anyhow::Result<()> {
    let items = if part.items == "articles" { "文章 articles" } else { "活动 activities" };
    let history = match part.history.as_str() {
        "warm" => "，已有响应 warm items",
        "cold" => "，新内容 cold items",
        _ => "",
    };
    let members = match part.members.as_str() {
        "warm" => "，有记录的会员 warm members",
        "cold" => "，无记录的会员 cold members",
        _ => "",
    };
    output::line("")?;
    output::line(&format!(
        "{items}{history}{members}: {} 份名单 lists, {} 人 people, {} 人次 responses",
        part.lists, part.people, part.responses
    ))?;
    let mut headers = vec!["大小 size".to_owned(), "命中率 recall".to_owned()];
    let rules = part.sizes.first().map_or(&[][..], |size| &size.rules);
    headers.extend(rules.iter().map(|rule| label(&rule.rule).to_owned()));
    headers.extend(["预计 expected", "实际 actual", "覆盖 covered"].map(str::to_owned));
    let rows: Vec<Vec<String>> = part.sizes.iter().map(row).collect();
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    output::table(&headers, &rows, &vec![true; headers.len()])
}

fn row(size: &SizeReport) -> Vec<String> {
    let mut cells = vec![size.size.clone(), format!("{:.1}%", 100.0 * size.recall)];
    cells.extend(size.rules.iter().map(beside));
    cells.push(size.expected.map_or_else(String::new, |expected| format!("{expected:.1}")));
    cells.push(size.actual.to_string());
    cells.push(size.coverage.map_or_else(String::new, |share| format!("{:.0}%", 100.0 * share)));
    cells
}

/// The rule's recall, our lift over it and the lift's interval.
fn beside(rule: &RuleReport) -> String {
    let bound = |bound: Option<f64>| bound.map_or_else(|| "-".to_owned(), |bound| format!("{bound:.2}"));
    let [low, high] = rule.interval.map(bound);
    format!("{:.1}% ×{} ({low} to {high})", 100.0 * rule.recall, bound(rule.lift))
}

fn label(rule: &str) -> &str {
    match rule {
        "chance" => "随机 chance",
        "active_lately" => "近期活跃 active lately",
        "topic_activity" => "主题活跃 topic activity",
        "item_knn" => "相似内容 item-kNN",
        "segment_popularity" => "年龄段热度 by age band",
        other => other,
    }
}
