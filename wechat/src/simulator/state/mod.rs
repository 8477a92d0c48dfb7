//! The state of the simulated account.

pub(super) mod access_tokens;
pub(super) mod articles;
pub(super) mod callback_queue;
pub(super) mod delivery;
pub(super) mod faults;
pub(super) mod followers;
pub(super) mod mass_sends;
pub(super) mod notices;
pub(super) mod overview;
pub(super) mod quotas;
mod received;
pub(super) mod tags;

use access_tokens::AccessTokens;
use articles::Articles;
use callback_queue::CallbackQueue;
use faults::Faults;
use followers::Followers;
use mass_sends::MassSends;
use notices::Notices;
use quotas::Quotas;
use tags::Tags;

use super::settings::{SettingsError, SimulatorSettings};
use crate::callback::{CallbackEvent, CallbackMessage};

/// Everything that the simulator remembers.
#[derive(Debug)]
pub(super) struct State {
    pub(super) settings: SimulatorSettings,
    /// Seconds that `/sim/clock/advance` added to the clock.
    pub(super) advanced: i64,
    pub(super) tokens: AccessTokens,
    pub(super) quotas: Quotas,
    pub(super) followers: Followers,
    pub(super) tags: Tags,
    pub(super) mass_sends: MassSends,
    pub(super) notices: Notices,
    pub(super) articles: Articles,
    pub(super) callbacks: CallbackQueue,
    pub(super) faults: Faults,
}

impl State {
    /// Checks the settings and makes the followers.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub(super) fn new(settings: SimulatorSettings, now: i64) -> Result<Self, SettingsError> {
        let target = settings.check()?;
        let seed = settings.seed;
        let followers = Followers::generate(seed, settings.followers, now);
        Ok(Self {
            advanced: 0,
            tokens: AccessTokens::new(seed),
            quotas: Quotas::default(),
            articles: Articles::generate(seed, settings.article_days, followers.subscribed(), now),
            followers,
            tags: Tags::default(),
            mass_sends: MassSends::new(seed),
            notices: Notices::new(seed),
            callbacks: CallbackQueue::new(seed, target, settings.user_name.clone()),
            faults: Faults::new(seed, settings.fault_rate, settings.faults.clone()),
            settings,
        })
    }

    /// Queues a callback.
    pub(super) fn notify(&mut self, from_user_name: &str, now: i64, event: CallbackEvent) {
        let msg_id = event.msg_id();
        let (to_user_name, from_user_name) = (self.settings.user_name.clone(), from_user_name.to_owned());
        let message = CallbackMessage { to_user_name, from_user_name, create_time: now, msg_id, event };
        self.callbacks.push(message, now);
    }
}
