//! Writes the small files: unions, memberships, articles and activities.

use std::fs::File;
use std::io::{BufWriter, Write};

use serde_json::{Map, Value, json};

use super::activities::Activity;
use super::articles::Article;
use super::csv_file::Encoding;
use super::dirt::{self, Row};
use super::error::SampleError;
use super::members::Member;
use super::output::{OutputFolder, row};
use super::sample_file::Header;
use super::summary::FileSummary;
use super::time::Period;
use super::unions::Unions;
use super::{ids, places, topics};
use crate::{Gender, ItemKind, Table};

const UNIONS: &[Header] = &[
    ("工会编号", "union_id"),
    ("工会名称", "name"),
    ("所在区", "district"),
    ("上级工会", "parent_union_id"),
    ("统一社会信用代码", "credit_code"),
    ("备注", ""),
];
const MEMBERSHIPS: &[Header] = &[("会员编号", "member_id"), ("俱乐部", "union_id")];
const ARTICLES: [Header; 5] = [
    ("article_id", "article_id"),
    ("title", "title"),
    ("topics", "topics"),
    ("published_at", "published_at"),
    ("activity_id", "activity_id"),
];
const ACTIVITIES: &[Header] = &[
    ("活动编号", "activity_id"),
    ("类型", "kind"),
    ("活动名称", "title"),
    ("主题", "topics"),
    ("主办工会", "union_id"),
    ("活动开始时间", "starts_at"),
    ("活动结束时间", "ends_at"),
    ("报名开始时间", "sign_up_opens_at"),
    ("报名截止时间", "sign_up_closes_at"),
    ("总名额", "capacity"),
    ("每单位限额", "per_union_cap"),
    ("每人限额", "per_member_cap"),
    ("亲子票上限", "child_tickets"),
    ("专场人数", "own_session_at"),
    ("年龄下限", "min_age"),
    ("年龄上限", "max_age"),
    ("性别限制", "gender"),
    ("开放工会", "open_to_unions"),
    ("开放区域", "open_to_districts"),
    ("活动地点", "district"),
    ("费用", "price"),
    ("组队人数", "team_size"),
    ("紧急通知", "urgent"),
    ("备注", ""),
];

/// Writes `unions.csv` and `memberships.csv`.
///
/// # Errors
/// [`SampleError::Write`].
pub(super) fn write_unions(
    unions: &Unions,
    members: &[Member],
    output: &mut OutputFolder<'_>,
) -> Result<(), SampleError> {
    let rows = unions.all.len() as f64;
    let mut file = output.folder.create("unions", Table::Unions, Encoding::Excel, UNIONS, rows)?;
    for (number, union) in (0_u32..).zip(&unions.all) {
        file.row(row([
            ids::union(number),
            union.name.clone(),
            union.district.map_or("", places::district).to_owned(),
            union.parent.map_or_else(String::new, ids::union),
            if number % 9 == 4 { String::new() } else { ids::credit_code(number) },
            "虚构".to_owned(),
        ]))?;
    }
    output.add(file.finish()?);

    let rows = members.len() as f64 * 0.06;
    let mut file = output.folder.create("memberships", Table::Memberships, Encoding::Excel, MEMBERSHIPS, rows)?;
    for (number, member) in (0_u32..).zip(members) {
        if let Some(club) = member.club {
            file.row(row([ids::member(number), ids::union(club)]))?;
        }
    }
    output.add(file.finish()?);
    Ok(())
}

/// Writes `activities.csv`.
///
/// # Errors
/// [`SampleError::Write`].
pub(super) fn write_activities(
    activities: &[Activity],
    period: &Period,
    output: &mut OutputFolder<'_>,
) -> Result<(), SampleError> {
    let rows = activities.len() as f64;
    let mut file = output.folder.create("activities", Table::Activities, Encoding::Excel, ACTIVITIES, rows)?;
    for (number, activity) in (0_u32..).zip(activities) {
        file.row(activity_row(number, activity, period))?;
    }
    output.add(file.finish()?);
    Ok(())
}

fn activity_row(number: u32, activity: &Activity, period: &Period) -> Row {
    let template = activity.template;
    let count = |count: u32| if count == 0 { String::new() } else { count.to_string() };
    let moment = |moment: Option<i64>| moment.map_or_else(String::new, |moment| period.text(moment));
    let kind = match template.kind {
        ItemKind::Service => "服务",
        ItemKind::Product => "优惠券",
        ItemKind::Venue => "场地",
        _ => "活动",
    };
    let places: Vec<&str> = activity.open_districts.iter().map(|&place| places::district(place)).collect();
    let hosts: Vec<String> = activity.open_unions.iter().map(|&union| ids::union(union)).collect();
    row([
        ids::activity(number),
        kind.to_owned(),
        activity.title.clone(),
        topic_names(template.topic, template.second).join(";"),
        activity.host.map_or_else(String::new, ids::union),
        moment(activity.starts),
        moment(activity.ends),
        moment(Some(activity.opens)),
        moment(activity.closes),
        count(activity.capacity.unwrap_or(0)),
        count(activity.per_union_cap.unwrap_or(0)),
        if template.kind == ItemKind::Venue { String::new() } else { count(template.per_member) },
        count(template.child_tickets),
        count(activity.own_session_at.unwrap_or(0)),
        count(template.ages.0.unwrap_or(0)),
        count(template.ages.1.unwrap_or(0)),
        match template.gender {
            Some(Gender::Female) => "女".to_owned(),
            Some(Gender::Male) => "男".to_owned(),
            None => String::new(),
        },
        hosts.join(";"),
        places.join(";"),
        activity.district.map_or("", places::district).to_owned(),
        if template.price > 0.0 { format!("{:.1}", template.price) } else { String::new() },
        count(template.team),
        if activity.urgent { "是" } else { "否" }.to_owned(),
        String::new(),
    ])
}

/// Writes `articles.jsonl`, or the articles in the sample's other format.
///
/// # Errors
/// [`SampleError::Write`].
pub(super) fn write_articles(
    articles: &[Article],
    period: &Period,
    output: &mut OutputFolder<'_>,
) -> Result<(), SampleError> {
    let rows = articles.len() as f64;
    if !output.folder.has_files_as_sent() {
        let mut file = output.folder.create("articles", Table::Articles, Encoding::Gzip, &ARTICLES, rows)?;
        (0_u32..).zip(articles).try_for_each(|(number, article)| file.row(article_row(number, article, period)))?;
        output.add(file.finish()?);
        return Ok(());
    }
    let path = output.folder.path("articles.jsonl");
    let mut summary = FileSummary::new("articles.jsonl".to_owned(), Table::Articles);
    summary.unknown_columns = vec!["editor".to_owned()];
    let mut damager = output.folder.damager("articles.jsonl", dirt::kinds(Table::Articles), rows);
    let columns = ARTICLES.map(|(_, name)| name);
    let lines = || -> std::io::Result<FileSummary> {
        let mut file = BufWriter::new(File::create(&path)?);
        for (number, article) in (0_u32..).zip(articles) {
            let mut good = article_row(number, article, period);
            let extra = damager.process(&mut good, &columns, &mut summary);
            for line in std::iter::once(good).chain(extra.map(|extra| extra.row)) {
                writeln!(file, "{}", json_line(line, number))?;
                summary.rows += 1;
            }
        }
        file.flush()?;
        Ok(summary)
    };
    let summary = lines().map_err(|source| SampleError::Write { path: path.clone(), source })?;
    output.add(summary);
    Ok(())
}

fn article_row(number: u32, article: &Article, period: &Period) -> Row {
    row([
        ids::article(number),
        article.title.clone(),
        topic_names(article.topic, article.second).join(";"),
        period.rfc3339(article.published),
        article.activity.map_or_else(String::new, ids::activity),
    ])
}

fn json_line(cells: Row, number: u32) -> Value {
    let mut object = Map::new();
    for ((name, _), cell) in ARTICLES.iter().zip(cells) {
        let value = match *name {
            "topics" => Value::from(cell.split(';').collect::<Vec<_>>()),
            _ if cell.is_empty() => Value::Null,
            _ => Value::from(cell),
        };
        object.insert((*name).to_owned(), value);
    }
    object.insert("editor".to_owned(), json!(format!("编辑{}", number % 5 + 1)));
    Value::Object(object)
}

fn topic_names(topic: usize, second: Option<usize>) -> Vec<&'static str> {
    [Some(topic), second].into_iter().flatten().map(|topic| topics::ALL[topic].name).collect()
}
