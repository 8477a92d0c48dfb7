//! `zhihui push-list`: the life of a push list on the command line.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde_json::json;
use zhihui_api::{
    Actor, AudienceQuery, Clock, FileFormat, ListStep, ListVariant, NoReports, Ports, Problem, PublishedEngine,
    PushList, PushLists, Service, Settings, VariantQuery,
};
use zhihui_engine::Language;

use super::Context;
use super::recommend::engine;
use crate::cli::{PushListCommand, Variant, VariantText};
use crate::home::Home;
use crate::list_files::ListFiles;
use crate::outcome::{Outcome, refuse};
use crate::push_policy::push_policy;
use crate::workbooks::Workbooks;
use crate::{clock, output};

/// Lists in the table.
const MAX_LISTS: u32 = 200;

pub(crate) async fn run(context: &Context<'_>, command: &PushListCommand) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    match command {
        PushListCommand::Create {
            item,
            topic,
            rule,
            limit,
            hold_out,
            exclude,
            one_list_at_a_time,
            selection,
            variant,
            variant_title,
            purpose,
            by,
        } => {
            let query = AudienceQuery {
                item_id: item.clone(),
                topic: topic.clone(),
                rule: rule.as_deref().map(read_rule).transpose()?,
                limit: *limit,
                hold_out: Some(*hold_out),
                exclude: exclude.clone(),
                one_list_at_a_time: *one_list_at_a_time,
                selection: Some((*selection).into()),
                variants: variants(variant, variant_title)?,
                purpose: purpose.clone(),
                ..AudienceQuery::default()
            };
            let actor = actor(&home, by.as_deref()).await?;
            let list = service(&home).await?.create_push_list(&actor, query, context.language(true)).await;
            print(context, &list.map_err(refused)?)?;
        }
        PushListCommand::List => {
            let store = home.store().await?;
            let lists = PushLists::new(&store).latest(MAX_LISTS, None).await?;
            if context.json {
                output::json(&json!({ "push_lists": lists }))?
            } else {
                print_table(&lists, context.language(false))?
            }
        }
        PushListCommand::Show { id } => {
            let list = service(&home).await?.push_list(id).await;
            print(context, &list.map_err(refused)?)?;
        }
        PushListCommand::Submit { id, by } => step(context, &home, (id, ListStep::Submit, None), by.as_deref()).await?,
        PushListCommand::Approve { id, by } => {
            step(context, &home, (id, ListStep::Approve, None), by.as_deref()).await?;
        }
        PushListCommand::Reject { id, reason, by } => {
            step(context, &home, (id, ListStep::Reject, Some(reason)), by.as_deref()).await?;
        }
        PushListCommand::Close { id, by } => step(context, &home, (id, ListStep::Close, None), by.as_deref()).await?,
        PushListCommand::Export { id, item, out, by } => {
            export(context, &home, (id, item.as_deref(), out.as_deref()), by.as_deref()).await?;
        }
    }
    Ok(Outcome::Done)
}

async fn step(
    context: &Context<'_>,
    home: &Home,
    (id, step, reason): (&str, ListStep, Option<&str>),
    by: Option<&str>,
) -> anyhow::Result<()> {
    let actor = actor(home, by).await?;
    let list = service(home).await?.step_push_list(&actor, id, step, reason).await;
    print(context, &list.map_err(refused)?)
}

async fn export(
    context: &Context<'_>,
    home: &Home,
    (id, item, out): (&str, Option<&str>, Option<&Path>),
    by: Option<&str>,
) -> anyhow::Result<()> {
    let format = match out.and_then(|path| path.extension()).and_then(|ending| ending.to_str()) {
        Some("csv") => FileFormat::Csv,
        Some("xlsx") => FileFormat::Xlsx,
        Some("json") => FileFormat::Wechat,
        None if out.is_none() => FileFormat::Csv,
        _ => bail!("--out: use a name that ends in .csv, .xlsx, or .json for WeChat's batches"),
    };
    if out.is_none() && context.json {
        bail!("--json prints the list, so the file needs a place: add --out FILE");
    }
    let actor = actor(home, by).await?;
    let service = service(home).await?;
    let exported = service.export_push_list(&actor, id, (format, item)).await.map_err(refused)?;
    match out {
        Some(path) => std::fs::write(path, &exported.file).with_context(|| path.display().to_string())?,
        None => std::io::stdout().write_all(&exported.file).context("stdout")?,
    }
    let again = if exported.was_exported { "; the list was exported before, nothing was recorded again" } else { "" };
    output::print_message(&format!("{} members in the file{again}", exported.rows));
    if context.json {
        output::json(&service.push_list(id).await.map_err(refused)?)?;
    }
    Ok(())
}

/// The service over this home, as `zhihui serve` runs it but without a socket.
pub(super) async fn service(home: &Home) -> anyhow::Result<Service> {
    let clock: Clock = Arc::new(|| clock::now().timestamp());
    let ports = Ports::new(Arc::new(NoReports)).with_list_writer(Arc::new(ListFiles));
    let ports = ports.with_workbook_reader(Arc::new(Workbooks::new(home)));
    let service = Service::new(Settings::default(), clock, home.store().await?, ports).await?;
    service.accept_events(home.event_inbox().await?);
    let published = PublishedEngine::new(engine(home)?)
        .with_push_settings(home.salt()?, home.config.push.caps())
        .with_push_policy(push_policy(&home.config.push));
    service.publish_with_events(published).await?;
    Ok(service)
}

/// The account on whose behalf the command acts.
pub(super) async fn actor(home: &Home, by: Option<&str>) -> anyhow::Result<Actor> {
    if let Some(name) = by {
        let users = home.store().await?.users().list().await?;
        if !users.iter().any(|user| user.name == name) {
            return Err(refuse(anyhow::anyhow!("--by {name:?}: no such account; `zhihui user list` lists them")));
        }
    }
    Ok(Actor::local(by))
}

/// The variants of a list, each with its title.
fn variants(variants: &[Variant], titles: &[VariantText]) -> anyhow::Result<Vec<VariantQuery>> {
    let unknown = |title: &&VariantText| !variants.iter().any(|variant| variant.name == title.name);
    if let Some(title) = titles.iter().find(unknown) {
        bail!("--variant-title {:?}: no --variant has this name", title.name);
    }
    let query = |variant: &Variant| VariantQuery {
        name: variant.name.clone(),
        item_id: variant.item_id.clone(),
        title: titles.iter().rfind(|title| title.name == variant.name).map(|title| title.text.clone()),
        share: variant.share,
    };
    Ok(variants.iter().map(query).collect())
}

fn read_rule(path: &Path) -> anyhow::Result<serde_json::Value> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
}

#[expect(clippy::needless_pass_by_value, reason = "the signature of map_err")]
pub(super) fn refused(problem: Problem) -> anyhow::Error {
    refuse(anyhow::anyhow!("{}", problem.detail))
}

fn print(context: &Context<'_>, list: &PushList) -> anyhow::Result<()> {
    if context.json {
        return output::json(list);
    }
    print_table(std::slice::from_ref(list), context.language(false))?;
    if list.variants.is_empty() { Ok(()) } else { print_variants(list, context.language(false)) }
}

fn print_variants(list: &PushList, language: Language) -> anyhow::Result<()> {
    let responses = list.actual_responses.as_ref().map_or(&[][..], |actual| &actual.variants);
    let row = |variant: &ListVariant| {
        let found = responses.iter().find(|responses| responses.name == variant.name);
        vec![
            variant.name.clone(),
            variant.item_id.clone(),
            variant.shown_title().to_owned(),
            variant.push.to_string(),
            variant.hold_out.to_string(),
            found.map(|found| found.push.responded.to_string()).unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = list.variants.iter().map(row).collect();
    let headers = match language {
        Language::Zh => ["分组", "推送内容", "标题", "推送人数", "对照组人数", "响应人数"],
        Language::En => ["variant", "item", "title", "push", "hold-out", "responses"],
    };
    output::table(&headers, &rows, &[false, false, false, true, true, true])
}

fn print_table(lists: &[PushList], language: Language) -> anyhow::Result<()> {
    let row = |list: &PushList| {
        let responses = list.actual_responses.as_ref().map(|actual| actual.value.to_string()).unwrap_or_default();
        vec![
            list.id.clone(),
            list.state.as_str().to_owned(),
            list.item_title.clone(),
            list.counts.push.to_string(),
            list.counts.hold_out.to_string(),
            responses,
            list.created_by.clone(),
            list.approved_by.clone().unwrap_or_default(),
        ]
    };
    let rows: Vec<Vec<String>> = lists.iter().map(row).collect();
    let right = [false, false, false, true, true, true, false, false];
    let headers = match language {
        Language::Zh => ["编号", "状态", "推送内容", "推送人数", "对照组人数", "响应人数", "创建", "批准"],
        Language::En => ["id", "state", "item", "push", "hold-out", "responses", "created by", "approved by"],
    };
    output::table(&headers, &rows, &right)
}
