//! `zhihui demo`: takes a sample union from files to a running service.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;
use zhihui_data::sample::{self, SampleOptions};

use std::sync::Arc;

use super::{Context, key, run as pipeline, serve, user};
use crate::cli::{AsOf, Demo, Serve};
use crate::home::Home;
use crate::outcome::Outcome;
use crate::progress::Meter;
use crate::search_meter::SearchBounds;
use crate::{clock, output};

pub(crate) async fn run(context: &Context<'_>, args: &Demo) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let home = Home::open_or_create(context.home)?;
    let meter = Arc::new(Meter::start());
    let files = home.folder.join("sample");
    if home.published().current()?.is_none() {
        let options = SampleOptions {
            members: args.members,
            unions: args.unions,
            days: args.days,
            seed: args.seed,
            ..SampleOptions::demo(clock::now())
        };
        sample::write(&options, &files, &mut |file, rows| meter.tick(&format!("sample {file}: {rows} rows")))?;
        meter.done(&format!("sample: a union of {} members in {} unions", args.members, args.unions));
    }
    let paths = paths(&home, &files);
    let request = pipeline::RunRequest {
        paths: &paths,
        as_of: None,
        search: SearchBounds::default(),
        accept_checks: false,
        is_nightly: false,
    };
    let report = pipeline::all_steps(&home, &request, &meter).await?;
    drop(meter);
    let backend = key::make(&home, "demo-backend", "backend").await?;
    let staff = key::make(&home, "demo-staff", "staff").await?;
    let leader = key::make(&home, "demo-leader", "leader").await?;
    let admin = user::with_password(&home, "admin", "admin").await?;
    let member = member_with_history(&home)?;
    let base = format!("http://{}", args.listen);
    let curl =
        format!("curl -s -H 'Authorization: Bearer {backend}' '{base}/v1/recommendations?member_id={member}&n=5'");
    if context.json {
        output::json(&json!({
            "run": report, "address": base, "sign_in": {"name": "admin", "password": admin}, "curl": curl,
            "keys": {"backend": backend, "staff": staff, "leader": leader},
        }))?;
    } else {
        output::print_line(&format!(
            "ready in {:.0} s, version {}",
            started.elapsed().as_secs_f64(),
            report.version.as_deref().unwrap_or("none")
        ))?;
        output::print_line(&format!("pages      {base}/          sign in as admin with the password {admin}"))?;
        output::print_line(&format!("reports    {base}/reports"))?;
        output::print_line(&format!("API        {base}/docs"))?;
        output::print_line(&format!(
            "keys       backend {backend}\n           staff   {staff}\n           leader  {leader}"
        ))?;
        output::print_line(&format!("try        {curl}"))?;
    }
    if args.no_serve {
        return Ok(Outcome::Done);
    }
    let listen = Serve { listen: args.listen.clone(), nightly: None, as_of: AsOf { as_of: None } };
    serve::run(context, &listen).await
}

/// Returns the sample files, or the inbox if an existing home already has them in its lake.
fn paths(home: &Home, files: &std::path::Path) -> Vec<PathBuf> {
    if files.exists() { vec![files.to_owned()] } else { vec![home.inbox()] }
}

/// Returns the member with most events, so that recommendations have reasons.
fn member_with_history(home: &Home) -> anyhow::Result<String> {
    let (snapshot, _) = home.published().load()?;
    let most = (0..snapshot.members.id.len()).max_by_key(|&member| snapshot.history.of(member).len());
    Ok(most.map(|member| snapshot.members.id[member].clone()).unwrap_or_default())
}
