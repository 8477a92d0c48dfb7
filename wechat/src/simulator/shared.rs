//! The simulator: one state behind a mutex, and a clock.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;

use super::http;
use super::settings::{SettingsError, SimulatorSettings};
use super::state::State;
use super::state::callback_queue::{OutgoingCallback, OutgoingHandshake};
use super::state::faults::Fault;

/// Returns the time in Unix seconds.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// A simulated account. Clones share one state.
#[derive(Clone)]
pub struct Simulator {
    state: Arc<Mutex<State>>,
    clock: Clock,
}

impl Simulator {
    /// Checks the settings and makes the followers.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn new(settings: SimulatorSettings, clock: Clock) -> Result<Self, SettingsError> {
        let state = State::new(settings, clock())?;
        Ok(Self { state: Arc::new(Mutex::new(state)), clock })
    }

    /// Returns the routes: WeChat's interfaces, the page at `/`, and `/sim/…`.
    pub fn router(&self) -> Router {
        http::router(self)
    }

    /// Returns the time of the simulator: the clock's, plus what `/sim/clock/advance` added.
    #[must_use]
    pub fn now(&self) -> i64 {
        let advanced = self.lock().advanced;
        (self.clock)().saturating_add(advanced)
    }

    /// Delivers mass sends that are due, and returns the callbacks to post now. A callback is returned again every five
    /// seconds, four times in all, until it is acknowledged. Without a callback address there are none.
    #[must_use]
    pub fn due_callbacks(&self, now: i64) -> Vec<OutgoingCallback> {
        let mut state = self.lock();
        state.settle(now);
        state.callbacks.due(now)
    }

    /// Returns the request by which WeChat checks a server when its address is saved. `None` without an address.
    #[must_use]
    pub fn handshake(&self, now: i64) -> Option<OutgoingHandshake> {
        self.lock().callbacks.handshake(now)
    }

    /// Ends a callback that the server answered with status 200 within five seconds.
    pub fn acknowledge(&self, id: u64) {
        self.lock().callbacks.acknowledge(id);
    }

    /// Gives the next answers faults, in order, in addition to the rate of the settings.
    pub fn script_faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.lock().faults.script(faults);
    }

    /// Returns the state as `/sim/state` does: which openid received which message how often.
    #[must_use]
    pub fn state(&self) -> serde_json::Value {
        let now = self.now();
        let mut state = self.lock();
        state.settle(now);
        serde_json::to_value(state.report(now)).unwrap_or_default()
    }

    /// Returns the state, also after a panic of another thread: every change leaves it usable.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Simulator {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Simulator").finish_non_exhaustive()
    }
}
