//! `zhihui serve`: the API and the pages; a new snapshot or a revoked key is seen within a second.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context as _;
use tokio::net::TcpListener;
use zhihui_api::{Clock, Inbox, Ports, PublishedEngine, Service};
use zhihui_engine::Engine;

use super::{Context, audit, doctor};
use crate::cli::Serve;
use crate::data_jobs::LakeJobs;
use crate::erasure::LakeMembers;
use crate::home::Home;
use crate::list_files::ListFiles;
use crate::nightly::Nightly;
use crate::outcome::{Outcome, refuse};
use crate::output::{say, told};
use crate::reports::LakeReports;
use crate::serve_settings::settings_of;
use crate::{clock, inbox_check};

/// How often `published/current` is looked at.
const WATCH_EVERY: Duration = Duration::from_millis(400);
/// How often the volume is asked how much room it has.
const MEASURE_EVERY: Duration = Duration::from_secs(1);

pub(crate) async fn run(context: &Context<'_>, args: &Serve) -> anyhow::Result<Outcome> {
    let home = Arc::new(Home::open(context.home)?);
    let clock = clock_from(&home, args.as_of.as_of.as_deref())?;
    let started = clock();
    let mut settings = settings_of(&home.config.serve)?;
    settings.fewest_people = home.config.report.fewest_people;
    let public_url = settings.proxies.public_url.clone();
    let nightly = args.nightly.as_deref().map(|text| Nightly::parse(text, home.zone())).transpose()?;
    let store = home.store().await?;
    audit::note_configuration(&home, &store).await?;
    let reports = Arc::new(LakeReports::new(Arc::clone(&home), Arc::clone(&clock)));
    let ports = Ports::new(reports)
        .with_data_jobs(Arc::new(LakeJobs::new(Arc::clone(&home))))
        .with_list_writer(Arc::new(ListFiles))
        .with_member_records(Arc::new(LakeMembers(Arc::clone(&home))));
    let service = Service::new(settings, Arc::clone(&clock), store, ports).await?;
    let inbox = home.events().await?;
    refuse_other_inbox(&home, &inbox).await?;
    service.accept_events(inbox);
    let seen = publish_current(&home, &service, None).await;
    let listener =
        TcpListener::bind(&args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
    let version = seen.as_ref().and_then(|seen| seen.serves.as_deref()).unwrap_or("nothing yet");
    let known_as = public_url.map_or_else(String::new, |url| format!(", known as {url}"));
    say(&format!("serving {version} on http://{}/{known_as}", listener.local_addr()?));
    let nights = nightly.map(|nightly| {
        tokio::spawn(nightly.watch(Arc::clone(&home), Arc::clone(&clock), started, args.as_of.as_of.is_none()))
    });
    let measuring = tokio::spawn(measure(Arc::clone(&home), service.clone()));
    let watching = tokio::spawn(watch(home, service.clone(), seen));
    zhihui_api::serve(listener, service, stop()).await?;
    watching.abort();
    measuring.abort();
    if let Some(nights) = nights {
        nights.abort();
    }
    say("stopped");
    Ok(Outcome::Done)
}

/// Refuses an inbox that does not belong to the lake. A lake that cannot be read does not keep the service from answering.
async fn refuse_other_inbox(home: &Home, inbox: &Inbox) -> anyhow::Result<()> {
    let compared = async { inbox_check::mismatch(home, &home.lake().await?, inbox).await };
    match compared.await {
        Ok(Some(mismatch)) => Err(refuse(anyhow::anyhow!(mismatch))),
        Ok(None) => Ok(()),
        Err(error) => {
            say(&format!("the lake cannot be compared with inbox.db: {}; see `zhihui doctor`", told(&error)));
            Ok(())
        }
    }
}

/// The present; with `--as-of` that instant, ticking on from there.
fn clock_from(home: &Home, typed: Option<&str>) -> anyhow::Result<Clock> {
    let Some(text) = typed else { return Ok(Arc::new(|| clock::now().timestamp())) };
    let start = home.as_of(Some(text))?.timestamp();
    let began = Instant::now();
    Ok(Arc::new(move || start + began.elapsed().as_secs() as i64))
}

/// The current snapshot as it was last looked at.
#[derive(Debug, Clone)]
struct Seen {
    name: String,
    /// When it was made current: the same one may be published again, after it was damaged.
    at: Option<SystemTime>,
    /// When zhihui.toml was changed: the caps on pushes stand in it.
    settings_at: Option<SystemTime>,
    /// The version that serves: this one or, where it is damaged, an earlier one.
    serves: Option<String>,
}

/// Publishes the current snapshot if it or the settings are others than `known`, with the events above it; gives what was
/// found.
async fn publish_current(home: &Arc<Home>, service: &Service, known: Option<Seen>) -> Option<Seen> {
    let changed = |path: &str| home.folder.join(path).metadata().and_then(|about| about.modified()).ok();
    let (at, settings_at) = (changed("published/current"), changed("zhihui.toml"));
    let is_as_before = |seen: &Seen| (seen.at, seen.settings_at) == (at, settings_at);
    let current = match home.published().current() {
        Ok(current)
            if current.as_ref() == known.as_ref().map(|seen| &seen.name) && known.as_ref().is_none_or(is_as_before) =>
        {
            return known;
        }
        Ok(None) => {
            say("nothing is published yet; `zhihui run` changes that while this serves");
            return None;
        }
        Ok(Some(current)) => current,
        Err(error) => {
            say(&format!("cannot look for a new snapshot: {error}"));
            return known;
        }
    };
    let recorded = match home.store().await {
        Ok(store) => audit::note_configuration(home, &store).await,
        Err(error) => Err(error),
    };
    if let Err(error) = recorded {
        say(&format!("a change of zhihui.toml could not be recorded: {}", told(&error)));
    }
    let of = Arc::clone(home);
    match tokio::task::spawn_blocking(move || load(&of)).await {
        Ok(Ok(published)) => {
            let version = published.engine().snapshot().version.clone();
            if let Err(error) = service.publish_with_events(published).await {
                say(&format!("the new snapshot does not serve yet: {error}"));
                return known;
            }
            return Some(Seen { name: current, at, settings_at, serves: Some(version) });
        }
        Ok(Err(error)) => say(&format!("no snapshot can be used: {}", told(&error))),
        Err(error) => say(&format!("the snapshot could not be taken up: {error}")),
    }
    let serves = known.and_then(|seen| seen.serves);
    Some(Seen { name: current, at, settings_at, serves })
}

fn load(home: &Home) -> anyhow::Result<PublishedEngine> {
    let (snapshot, damaged) = home.published().load()?;
    if let Some(error) = damaged {
        say(&format!("the current snapshot cannot be used, an earlier one serves: {error}"));
    }
    let salt = home.salt().unwrap_or_default();
    let (caps, lists) = match Home::open(&home.folder) {
        Ok(now) => (now.config.push.caps(), now.config.recommend.lists()),
        Err(error) => {
            say(&format!(
                "zhihui.toml cannot be used, [push] and [recommend] of when the service began hold: {}",
                told(&error)
            ));
            (home.config.push.caps(), home.config.recommend.lists())
        }
    };
    Ok(PublishedEngine::new(Engine::new(snapshot).with_list_options(lists)).with_push_settings(salt, caps))
}

async fn watch(home: Arc<Home>, service: Service, mut known: Option<Seen>) {
    loop {
        tokio::time::sleep(WATCH_EVERY).await;
        known = publish_current(&home, &service, known).await;
    }
}

/// Tells the service how much room the volume has; a volume that hangs holds up nothing else.
async fn measure(home: Arc<Home>, service: Service) {
    loop {
        let folder = home.folder.clone();
        if let Ok(Ok(free)) = tokio::task::spawn_blocking(move || doctor::free_bytes(&folder)).await {
            service.set_free_space(free);
        }
        tokio::time::sleep(MEASURE_EVERY).await;
    }
}

/// Ends with the first Ctrl-C or termination signal.
async fn stop() {
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
    say("stopping: requests in progress are answered");
}
