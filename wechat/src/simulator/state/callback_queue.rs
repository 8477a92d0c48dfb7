//! Callbacks that wait to be posted, and what became of them.

use crate::callback::CallbackMessage;
use crate::simulator::seeded;
use crate::simulator::settings::CallbackTarget;

/// Attempts in total: WeChat repeats a callback three times.
const MAX_ATTEMPTS: u32 = 4;
/// Seconds between two attempts. WeChat waits five seconds for an answer.
const RETRY_SECONDS: i64 = 5;

/// A callback that has to be posted now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingCallback {
    /// Its number, for [`Simulator::acknowledge`](super::super::Simulator::acknowledge).
    pub id: u64,
    /// The address without a query.
    pub url: String,
    /// The query with the signature, without `?`.
    pub query: String,
    /// The XML.
    pub body: String,
    /// 1 for the first attempt.
    pub attempt: u32,
}

/// The request by which WeChat checks a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingHandshake {
    /// The address without a query.
    pub url: String,
    /// The query with the signature, without `?`.
    pub query: String,
    /// The text that the server must answer with.
    pub echo: String,
}

/// What became of a callback.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CallbackState {
    Waiting,
    Acknowledged,
    GivenUp,
}

impl CallbackState {
    /// Returns the name in JSON.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Acknowledged => "acknowledged",
            Self::GivenUp => "given_up",
        }
    }
}

/// One callback.
#[derive(Debug, Clone)]
pub(crate) struct QueuedCallback {
    pub(crate) message: CallbackMessage,
    pub(crate) attempts: u32,
    pub(crate) state: CallbackState,
    next_attempt: i64,
}

/// All callbacks. The place of a callback is its number.
#[derive(Debug)]
pub(crate) struct CallbackQueue {
    seed: u64,
    target: CallbackTarget,
    user_name: String,
    list: Vec<QueuedCallback>,
    /// All before this one are done.
    first_waiting: usize,
}

impl CallbackQueue {
    pub(super) fn new(seed: u64, target: CallbackTarget, user_name: String) -> Self {
        Self { seed, target, user_name, list: Vec::new(), first_waiting: 0 }
    }

    pub(super) fn push(&mut self, message: CallbackMessage, now: i64) {
        let (attempts, state) = (0, CallbackState::Waiting);
        self.list.push(QueuedCallback { message, attempts, state, next_attempt: now });
    }

    /// Returns the callbacks to post now, and counts an attempt for each. Without an address there are none.
    pub(crate) fn due(&mut self, now: i64) -> Vec<OutgoingCallback> {
        let Some(url) = self.target.url.clone() else { return Vec::new() };
        let mut due = Vec::new();
        for place in self.first_waiting..self.list.len() {
            let callback = &mut self.list[place];
            if callback.state != CallbackState::Waiting || callback.next_attempt > now {
                continue;
            }
            if callback.attempts >= MAX_ATTEMPTS {
                callback.state = CallbackState::GivenUp;
                continue;
            }
            callback.attempts += 1;
            callback.next_attempt = now + RETRY_SECONDS;
            let attempt = callback.attempts;
            let (query, body) = self.seal(place, now);
            due.push(OutgoingCallback { id: place as u64, url: url.clone(), query, body, attempt });
        }
        let is_done = |callback: &&QueuedCallback| callback.state != CallbackState::Waiting;
        self.first_waiting += self.list[self.first_waiting..].iter().take_while(is_done).count();
        due
    }

    /// Returns the handshake. Without an address there is none.
    pub(crate) fn handshake(&self, now: i64) -> Option<OutgoingHandshake> {
        let url = self.target.url.clone()?;
        let nonce = seeded::draw(self.seed, "handshake", now.unsigned_abs()).to_string();
        let echo = seeded::draw(self.seed, "echostr", now.unsigned_abs()).to_string();
        let pairs = self.target.sender.handshake(now, &nonce, &echo);
        let pairs = pairs.iter().map(|(name, value)| format!("{name}={value}"));
        Some(OutgoingHandshake { url, query: pairs.collect::<Vec<_>>().join("&"), echo })
    }

    /// Ends a callback that was answered.
    pub(crate) fn acknowledge(&mut self, id: u64) {
        if let Some(callback) = usize::try_from(id).ok().and_then(|place| self.list.get_mut(place)) {
            callback.state = CallbackState::Acknowledged;
        }
    }

    /// Returns query and body of a callback, signed now.
    pub(crate) fn seal(&self, place: usize, now: i64) -> (String, String) {
        let callback = &self.list[place];
        let random = seeded::bytes(self.seed, &format!("callback {place}"), u64::from(callback.attempts));
        let sealed = self.target.sender.seal(&callback.message.to_xml(), &self.user_name, now, random);
        (format!("{}&openid={}", sealed.query_text(), callback.message.from_user_name), sealed.body)
    }

    /// Returns all callbacks.
    pub(crate) fn list(&self) -> &[QueuedCallback] {
        &self.list
    }
}
