//! `zhihui serve`: the API and the pages; a new snapshot or a revoked key is seen within a second.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::net::TcpListener;
use zhihui_api::{Clock, Published, Service, Settings, Store};
use zhihui_engine::Engine;

use super::Context;
use crate::cli::Serve;
use crate::clock;
use crate::erasure::LakeMembers;
use crate::home::Home;
use crate::outcome::Outcome;
use crate::output::say;
use crate::reports::LakeReports;
use crate::workshop::LakeWorkshop;

/// How often `published/current` is looked at.
const WATCH_EVERY: Duration = Duration::from_millis(400);

pub(crate) async fn run(context: &Context<'_>, args: &Serve) -> anyhow::Result<Outcome> {
    let home = Arc::new(Home::open(context.home)?);
    let clock = clock_from(&home, args.as_of.as_of.as_deref())?;
    let store = Store::open(&home.database()).await?;
    let reports = Arc::new(LakeReports::new(Arc::clone(&home), Arc::clone(&clock)));
    let service = Service::new(Settings::default(), clock, store, reports).await?;
    let service = service.with_workshop(Arc::new(LakeWorkshop::new(Arc::clone(&home))));
    let service = service.with_member_files(Arc::new(LakeMembers(Arc::clone(&home))));
    service.keep_events(home.events().await?);
    let version = publish_current(&home, &service, None).await;
    let listener =
        TcpListener::bind(&args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
    say(&format!("serving {} on http://{}/", version.as_deref().unwrap_or("nothing yet"), listener.local_addr()?));
    let watching = tokio::spawn(watch(home, service.clone(), version));
    zhihui_api::serve(listener, service, stop()).await?;
    watching.abort();
    say("stopped");
    Ok(Outcome::Done)
}

/// The present; with `--as-of` that instant, ticking on from there.
fn clock_from(home: &Home, typed: Option<&str>) -> anyhow::Result<Clock> {
    let Some(text) = typed else { return Ok(Arc::new(|| clock::now().timestamp())) };
    let start = home.as_of(Some(text))?.timestamp();
    let began = Instant::now();
    Ok(Arc::new(move || start + began.elapsed().as_secs() as i64))
}

/// Publishes the current snapshot if it is another than `known`, with the events above it; gives the version that serves.
async fn publish_current(home: &Arc<Home>, service: &Service, known: Option<String>) -> Option<String> {
    let current = match home.published().current() {
        Ok(current) if current == known => return known,
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
    let of = Arc::clone(home);
    match tokio::task::spawn_blocking(move || load(&of)).await {
        Ok(Ok(published)) => {
            if let Err(error) = service.publish_with_events(published).await {
                say(&format!("the new snapshot does not serve yet: {error}"));
                return known;
            }
        }
        Ok(Err(error)) => say(&format!("no snapshot can be used: {error:#}")),
        Err(error) => say(&format!("the snapshot could not be taken up: {error}")),
    }
    Some(current)
}

fn load(home: &Home) -> anyhow::Result<Published> {
    let (snapshot, damaged) = home.published().load()?;
    if let Some(error) = damaged {
        say(&format!("the current snapshot cannot be used, an earlier one serves: {error}"));
    }
    let salt = home.salt().unwrap_or_default();
    Ok(Published::new(Engine::new(snapshot)).with_audiences(salt, home.config.push.caps()))
}

async fn watch(home: Arc<Home>, service: Service, mut known: Option<String>) {
    loop {
        tokio::time::sleep(WATCH_EVERY).await;
        known = publish_current(&home, &service, known).await;
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
