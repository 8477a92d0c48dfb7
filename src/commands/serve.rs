//! `zhihui serve`: serves the API and the pages. Loads a new snapshot and applies revoked keys within a second.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use tokio::net::TcpListener;
use zhihui_api::{Clock, Inbox, Ports, PublishedEngine, ReportSource, Service};
use zhihui_engine::Engine;

use super::{Context, audit, doctor};
use crate::cli::Serve;
use crate::data_jobs::LakeJobs;
use crate::erasure::HomeMemberRecords;
use crate::file_mapper::InboxMapper;
use crate::followed_snapshot::{FollowedSnapshot, ServedEngine};
use crate::home::Home;
use crate::list_files::ListFiles;
use crate::nightly::Nightly;
use crate::outcome::{Outcome, refuse};
use crate::output::{format_error, print_message};
use crate::push_policy::push_policy;
use crate::report_files::ReportFiles;
use crate::reports::LakeReports;
use crate::serve_settings::{settings_of, team_settings_of, wechat_settings_of};
use crate::workbooks::Workbooks;
use crate::{clock, inbox_check};

/// Interval of checks for a new snapshot.
const WATCH_INTERVAL: Duration = Duration::from_millis(400);
/// Maximum time to wait for the common start of a snapshot, whatever the clocks of the machines say.
const LONGEST_LEAD: Duration = Duration::from_secs(600);
/// Interval of checks of free disk space.
const DISK_INTERVAL: Duration = Duration::from_secs(1);

pub(crate) async fn run(context: &Context<'_>, args: &Serve) -> anyhow::Result<Outcome> {
    let home = Arc::new(Home::open(context.home)?);
    let clock = clock_from(&home, args.as_of.as_of.as_deref())?;
    let started = clock();
    let mut settings = settings_of(&home.config.serve)?;
    settings.wechat = wechat_settings_of(&home.config.wechat)?;
    settings.teams = team_settings_of(&home.config.teams);
    settings.fewest_people = home.config.report.fewest_people;
    let public_url = settings.proxies.public_url.clone();
    let nightly = args.nightly.as_deref().map(|text| Nightly::parse(text, home.zone())).transpose()?;
    let store = home.store().await?;
    audit::note_configuration(&home, &store).await?;
    let reports = Arc::new(LakeReports::new(Arc::clone(&home), Arc::clone(&clock)));
    let ports = Ports::new(Arc::clone(&reports) as Arc<dyn ReportSource>)
        .with_data_jobs(Arc::new(LakeJobs::new(Arc::clone(&home))))
        .with_file_mapper(Arc::new(InboxMapper(Arc::clone(&home))))
        .with_list_writer(Arc::new(ListFiles))
        .with_report_writer(Arc::new(ReportFiles(Arc::clone(&home))))
        .with_workbook_reader(Arc::new(Workbooks::new(&home)))
        .with_member_records(Arc::new(HomeMemberRecords(Arc::clone(&home))));
    let service = Service::new(settings, Arc::clone(&clock), store, ports).await?;
    let inbox = home.event_inbox().await?;
    refuse_other_inbox(&home, &inbox).await?;
    service.accept_events(inbox);
    let engine = ServedEngine::default();
    let mut followed = FollowedSnapshot::of(&home, Arc::clone(&engine)).await?;
    if let Some(followed) = &mut followed
        && let Err(error) = followed.fetch_first().await
    {
        print_message(&format!("cannot fetch the published snapshot: {}", format_error(&error)));
    }
    let seen = publish_current(&home, &service, &engine, None).await;
    let listener =
        TcpListener::bind(&args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
    let version = seen.as_ref().and_then(|seen| seen.serves.as_deref()).unwrap_or("nothing yet");
    let known_as = public_url.map_or_else(String::new, |url| format!(", known as {url}"));
    print_message(&format!("serving {version} on http://{}/{known_as}", listener.local_addr()?));
    let nightly_task = nightly.map(|nightly| {
        tokio::spawn(nightly.watch(Arc::clone(&home), Arc::clone(&clock), started, args.as_of.as_of.is_none()))
    });
    let disk_task = tokio::spawn(watch_disk(Arc::clone(&home), service.clone()));
    let follow_task = followed.map(|followed| tokio::spawn(followed.follow(service.clone())));
    let watch_task = tokio::spawn(watch(home, service.clone(), engine, reports, seen));
    zhihui_api::serve(listener, service, stop()).await?;
    watch_task.abort();
    disk_task.abort();
    if let Some(follow_task) = follow_task {
        follow_task.abort();
    }
    if let Some(nightly_task) = nightly_task {
        nightly_task.abort();
    }
    print_message("stopped");
    Ok(Outcome::Done)
}

/// Rejects an inbox that does not match the lake. An unreadable lake does not stop the service.
async fn refuse_other_inbox(home: &Home, inbox: &Inbox) -> anyhow::Result<()> {
    let compared = async { inbox_check::mismatch(home, &home.lake().await?, inbox).await };
    match compared.await {
        Ok(Some(mismatch)) => Err(refuse(anyhow::anyhow!(mismatch))),
        Ok(None) => Ok(()),
        Err(error) => {
            print_message(&format!(
                "cannot compare the lake with inbox.db: {}; see `zhihui doctor`",
                format_error(&error)
            ));
            Ok(())
        }
    }
}

/// Returns the clock; with `--as-of` it starts at that instant.
fn clock_from(home: &Home, typed: Option<&str>) -> anyhow::Result<Clock> {
    let Some(text) = typed else { return Ok(Arc::new(|| clock::now().timestamp())) };
    let start = home.as_of(Some(text))?.timestamp();
    let started = Instant::now();
    Ok(Arc::new(move || start + started.elapsed().as_secs() as i64))
}

/// The published state at the last check.
#[derive(Debug, Clone)]
struct WatchedState {
    name: String,
    /// When it was published. The same snapshot may be published again after damage.
    at: Option<SystemTime>,
    /// When zhihui.toml was changed, which has the push caps.
    settings_at: Option<SystemTime>,
    /// The version in service: this one, or an earlier one if it is damaged.
    serves: Option<String>,
}

/// Loads the current snapshot if it or the settings changed since `known`, with later events. Returns the new state.
async fn publish_current(
    home: &Arc<Home>,
    service: &Service,
    engine: &ServedEngine,
    known: Option<WatchedState>,
) -> Option<WatchedState> {
    let changed = |path: &str| home.folder.join(path).metadata().and_then(|metadata| metadata.modified()).ok();
    let (at, settings_at) = (changed("published/current"), changed("zhihui.toml"));
    let is_as_before = |seen: &WatchedState| (seen.at, seen.settings_at) == (at, settings_at);
    let current = match home.published().current() {
        Ok(current)
            if current.as_ref() == known.as_ref().map(|seen| &seen.name) && known.as_ref().is_none_or(is_as_before) =>
        {
            return known;
        }
        Ok(None) => {
            print_message("nothing is published yet; run `zhihui run`, the service loads its snapshot");
            return None;
        }
        Ok(Some(current)) => current,
        Err(error) => {
            print_message(&format!("cannot check for a new snapshot: {error}"));
            return known;
        }
    };
    let recorded = match home.store().await {
        Ok(store) => audit::note_configuration(home, &store).await,
        Err(error) => Err(error),
    };
    if let Err(error) = recorded {
        print_message(&format!("cannot record a change of zhihui.toml: {}", format_error(&error)));
    }
    let of = Arc::clone(home);
    match tokio::task::spawn_blocking(move || load(&of)).await {
        Ok(Ok(published)) => {
            let version = published.engine().snapshot().version.clone();
            let loaded = Arc::clone(published.engine());
            if known.as_ref().is_some_and(|seen| seen.serves.is_some() && seen.serves.as_ref() != Some(&version)) {
                wait_until(home.published().serve_from(&version)).await;
            }
            if let Err(error) = service.publish_with_events(published).await {
                print_message(&format!("the new snapshot cannot be put into service yet: {error}"));
                return known;
            }
            *engine.lock().unwrap_or_else(PoisonError::into_inner) = Some(loaded);
            return Some(WatchedState { name: current, at, settings_at, serves: Some(version) });
        }
        Ok(Err(error)) => print_message(&format!("no snapshot can be used: {}", format_error(&error))),
        Err(error) => print_message(&format!("cannot load the snapshot: {error}")),
    }
    let serves = known.and_then(|seen| seen.serves);
    Some(WatchedState { name: current, at, settings_at, serves })
}

fn load(home: &Home) -> anyhow::Result<PublishedEngine> {
    let (snapshot, damaged) = home.published().load()?;
    if let Some(error) = damaged {
        print_message(&format!("the current snapshot cannot be used, an earlier one serves: {error}"));
    }
    let salt = home.salt().unwrap_or_default();
    let (push, lists) = match Home::open(&home.folder) {
        Ok(now) => (now.config.push, now.config.recommend.lists()),
        Err(error) => {
            print_message(&format!(
                "zhihui.toml cannot be used; [push] and [recommend] stay as at the start of the service: {}",
                format_error(&error)
            ));
            (home.config.push.clone(), home.config.recommend.lists())
        }
    };
    let engine = Engine::new(snapshot).with_list_options(lists);
    // Before it is published, so that no rule waits for it.
    engine.prepare_audiences();
    Ok(PublishedEngine::new(engine).with_push_settings(salt, push.caps()).with_push_policy(push_policy(&push)))
}

/// Waits until the services of all machines serve a snapshot. One that comes late is served at once.
async fn wait_until(serve_from: Option<DateTime<Utc>>) {
    let wait = serve_from.and_then(|at| (at - clock::now()).to_std().ok()).unwrap_or_default();
    tokio::time::sleep(wait.min(LONGEST_LEAD)).await;
}

async fn watch(
    home: Arc<Home>,
    service: Service,
    engine: ServedEngine,
    reports: Arc<LakeReports>,
    mut known: Option<WatchedState>,
) {
    let mut prepared = None;
    loop {
        let published = known.as_ref().map(|seen| (seen.name.clone(), seen.at));
        if published != prepared {
            prepared = published;
            let reports = Arc::clone(&reports);
            tokio::spawn(async move { reports.prepare().await });
        }
        tokio::time::sleep(WATCH_INTERVAL).await;
        known = publish_current(&home, &service, &engine, known).await;
    }
}

/// Reports free disk space to the service. A hanging volume delays nothing else.
async fn watch_disk(home: Arc<Home>, service: Service) {
    loop {
        let folder = home.folder.clone();
        if let Ok(Ok(free)) = tokio::task::spawn_blocking(move || doctor::free_bytes(&folder)).await {
            service.set_free_space(free);
        }
        tokio::time::sleep(DISK_INTERVAL).await;
    }
}

/// Waits for the first Ctrl-C or termination signal.
pub(super) async fn stop() {
    let interrupt = async { drop(tokio::signal::ctrl_c().await) };
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = interrupt => {}
        () = terminate => {}
    }
    print_message("stopping after the requests in progress");
}
