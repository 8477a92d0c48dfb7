//! Mass sends: submitted, finished or deleted.

use std::collections::{HashMap, VecDeque};

use crate::callback::MassSendStatus;
use crate::error_code::ErrorCode;
use crate::simulator::calendar::{DAY, day_number};
use crate::simulator::seeded;

/// Seconds within which a repeated `clientmsgid` is refused.
const REPEAT_SECONDS: i64 = DAY;
/// Seconds after a submission within which a repetition counts as too fast while the send is in progress.
const FAST_SECONDS: i64 = 3;

/// Numbers of `err(…)` with which WeChat's documentation says that a send ends without reaching anybody.
const FAILURES: [i64; 14] =
    [10001, 20001, 20002, 20004, 20006, 20008, 20013, 21000, 22000, 30001, 30002, 30003, 40001, 40002];

/// Where a mass send is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MassSendState {
    Sending,
    Success,
    Failed,
    Deleted,
}

impl MassSendState {
    /// Returns the text of `msg_status`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Sending => "SENDING",
            Self::Success => "SEND_SUCCESS",
            Self::Failed => "SEND_FAIL",
            Self::Deleted => "DELETE",
        }
    }
}

/// What is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Content {
    /// `msgtype`.
    pub(crate) msg_type: String,
    /// Digest of type and content. Equal for the same message.
    pub(crate) digest: String,
    /// Title for statistics, for `mpnews` only.
    pub(crate) title: Option<String>,
}

/// One mass send.
#[derive(Debug, Clone)]
pub(crate) struct MassSend {
    pub(crate) msg_id: u64,
    /// Joins the send to statistics, for `mpnews` only.
    pub(crate) msg_data_id: Option<u64>,
    pub(crate) client_msg_id: String,
    pub(crate) content: Content,
    /// Whether it goes to all or to a tag.
    pub(crate) is_to_all_or_tag: bool,
    pub(crate) submitted_at: i64,
    pub(crate) finishes_at: i64,
    pub(crate) state: MassSendState,
    /// Indices of followers.
    pub(crate) recipients: Vec<u32>,
    /// Those who received the message.
    pub(crate) delivered: Vec<u32>,
    pub(crate) filter_count: u64,
    pub(crate) error_count: u64,
}

/// A submission that repeats an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Repeated {
    pub(crate) code: ErrorCode,
    /// The earlier one.
    pub(crate) msg_id: u64,
}

/// All mass sends, oldest first.
#[derive(Debug)]
pub(crate) struct MassSends {
    seed: u64,
    list: Vec<MassSend>,
    by_client_msg_id: HashMap<String, usize>,
    /// `speed` of 0 to 4.
    pub(crate) speed: u8,
    /// Submissions refused because of their `clientmsgid`.
    pub(crate) repeated: u64,
    /// How the next sends end.
    scripted_results: VecDeque<MassSendStatus>,
}

impl MassSends {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            list: Vec::new(),
            by_client_msg_id: HashMap::new(),
            speed: 3,
            repeated: 0,
            scripted_results: VecDeque::new(),
        }
    }

    /// Checks that a `clientmsgid` is new within 24 hours.
    ///
    /// # Errors
    /// [`Repeated`].
    pub(crate) fn check_new(&mut self, client_msg_id: &str, now: i64) -> Result<(), Repeated> {
        let earlier = self.by_client_msg_id.get(client_msg_id).and_then(|place| self.list.get(*place));
        let Some(earlier) = earlier.filter(|send| now - send.submitted_at < REPEAT_SECONDS) else { return Ok(()) };
        let is_fast = earlier.state == MassSendState::Sending && now - earlier.submitted_at < FAST_SECONDS;
        let code = if is_fast { ErrorCode::CLIENT_MSG_ID_TOO_FAST } else { ErrorCode::REPEATED_CLIENT_MSG_ID };
        self.repeated += 1;
        Err(Repeated { code, msg_id: earlier.msg_id })
    }

    /// Stores a submission.
    pub(crate) fn submit(
        &mut self,
        client_msg_id: String,
        content: Content,
        is_to_all_or_tag: bool,
        recipients: Vec<u32>,
        (now, finishes_at): (i64, i64),
    ) -> &MassSend {
        let place = self.list.len();
        let number = place as u64;
        let msg_id = 1_000_000_000 + seeded::draw(self.seed, "first msg_id", 0) % 1_000_000 + number;
        let data_id = 2_650_000_000 + seeded::draw(self.seed, "first msg_data_id", 0) % 1_000_000 + number;
        self.by_client_msg_id.insert(client_msg_id.clone(), place);
        self.list.push(MassSend {
            msg_id,
            msg_data_id: (content.msg_type == "mpnews").then_some(data_id),
            client_msg_id,
            content,
            is_to_all_or_tag,
            submitted_at: now,
            finishes_at,
            state: MassSendState::Sending,
            recipients,
            delivered: Vec::new(),
            filter_count: 0,
            error_count: 0,
        });
        &self.list[place]
    }

    /// Sets how the next sends end.
    pub(crate) fn script_results(&mut self, results: impl IntoIterator<Item = MassSendStatus>) {
        self.scripted_results.extend(results);
    }

    /// Returns how a send ends that ends now: as scripted, or else drawn with this share of sends that reach nobody.
    pub(super) fn next_result(&mut self, msg_id: u64, failed_rate: f64) -> MassSendStatus {
        self.scripted_results.pop_front().unwrap_or_else(|| {
            if failed_rate <= 0.0 || seeded::share(self.seed, "send fails", msg_id) >= failed_rate {
                return MassSendStatus::Success;
            }
            let place = seeded::draw(self.seed, "kind of failure", msg_id) % (FAILURES.len() as u64 + 1);
            FAILURES.get(place as usize).map_or(MassSendStatus::Failed, |number| MassSendStatus::Refused(*number))
        })
    }

    /// Returns all mass sends.
    pub(crate) fn list(&self) -> &[MassSend] {
        &self.list
    }

    /// Returns the places of sends that have to end now, in the order of their ends.
    pub(super) fn due(&self, now: i64) -> Vec<usize> {
        let is_due = |send: &MassSend| send.state == MassSendState::Sending && send.finishes_at <= now;
        let mut due: Vec<usize> = (0..self.list.len()).filter(|place| is_due(&self.list[*place])).collect();
        due.sort_by_key(|place| self.list[*place].finishes_at);
        due
    }

    pub(super) fn at_mut(&mut self, place: usize) -> &mut MassSend {
        &mut self.list[place]
    }

    /// Returns a mass send.
    pub(crate) fn find_mut(&mut self, msg_id: u64) -> Option<&mut MassSend> {
        self.list.iter_mut().find(|send| send.msg_id == msg_id)
    }

    /// Returns whether a send to all or to a tag was submitted on the day.
    pub(crate) fn has_sent_to_all_or_tag(&self, now: i64) -> bool {
        let today = day_number(now);
        self.list.iter().any(|send| send.is_to_all_or_tag && day_number(send.submitted_at) == today)
    }
}
