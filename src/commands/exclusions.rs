//! `zhihui exclusions`: members whom audiences leave out.

use anyhow::Context as _;
use serde_json::json;
use zhihui_api::{ExclusionList, ExclusionListInfo};
use zhihui_engine::Language;

use super::Context;
use super::push_list::{actor, refused, service};
use crate::cli::ExclusionCommand;
use crate::home::Home;
use crate::outcome::{Outcome, refuse};
use crate::output;

pub(crate) async fn run(context: &Context<'_>, command: &ExclusionCommand) -> anyhow::Result<Outcome> {
    let home = Home::open(context.home)?;
    match command {
        ExclusionCommand::Add { name, file, purpose, always, until, by } => {
            let actor = actor(&home, by.as_deref()).await?;
            let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
            let service = service(&home).await?;
            let ids = service.exclusion_ids(&file.to_string_lossy(), &bytes).map_err(refuse)?;
            let info =
                ExclusionListInfo { name: name.clone(), purpose: purpose.clone(), always: *always, until: *until };
            let (list, unknown) = service.add_exclusion_list(&actor, &info, ids).await.map_err(refused)?;
            if !unknown.is_empty() {
                let first: Vec<&str> = unknown.iter().take(10).map(String::as_str).collect();
                output::print_message(&format!(
                    "{} ids belong to no member and were not stored, the first: {}",
                    unknown.len(),
                    first.join(", ")
                ));
            }
            if context.json { output::json(&list)? } else { print_table(&[list], context.language(false))? }
        }
        ExclusionCommand::List => {
            let lists = service(&home).await?.exclusion_lists().await.map_err(refused)?;
            if context.json {
                output::json(&json!({ "exclusion_lists": lists }))?
            } else {
                print_table(&lists, context.language(false))?
            }
        }
        ExclusionCommand::Remove { id, by } => {
            let actor = actor(&home, by.as_deref()).await?;
            service(&home).await?.delete_exclusion_list(&actor, id).await.map_err(refused)?;
            if context.json {
                output::json(&json!({ "id": id, "deleted": true }))?
            } else {
                output::print_line(&format!("exclusion list {id} is deleted"))?
            }
        }
    }
    Ok(Outcome::Done)
}

fn print_table(lists: &[ExclusionList], language: Language) -> anyhow::Result<()> {
    let text = |zh: &'static str, en: &'static str| if language == Language::Zh { zh } else { en };
    let row = |list: &ExclusionList| {
        let applies = match (list.ended, list.always) {
            (true, _) => text("已到期", "ended"),
            (false, true) => text("每一次推送", "every push"),
            (false, false) => text("勾选它的推送", "where chosen"),
        };
        vec![
            list.id.clone(),
            list.name.clone(),
            applies.to_owned(),
            list.until.map(|until| until.to_string()).unwrap_or_default(),
            list.members.to_string(),
            list.owner.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = lists.iter().map(row).collect();
    let headers = match language {
        Language::Zh => ["编号", "名称", "用于", "最后一天", "会员人数", "上传"],
        Language::En => ["id", "name", "applies to", "last day", "members", "uploaded by"],
    };
    output::table(&headers, &rows, &[false, false, false, false, true, false])
}
