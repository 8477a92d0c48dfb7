//! Which answers are repeated, and after which time.

use std::time::Duration;

use super::error::CallError;
use super::transport::TransportError;
use crate::ErrorCode;

/// Attempts after an answer that can be repeated soon.
const QUICK_ATTEMPTS: u32 = 6;
/// Attempts after an answer that asks for a minute.
const SLOW_ATTEMPTS: u32 = 3;
/// New tokens fetched for one call.
const MAX_TOKENS: u32 = 2;
/// A minute, in which WeChat counts requests, and a second for clocks that differ.
const A_MINUTE: Duration = Duration::from_secs(61);

/// An attempt without a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// WeChat answered with a number other than 0.
    Code(ErrorCode, String),
    /// No answer.
    Transport(TransportError),
    /// An answer that is not what WeChat documents.
    Unreadable(String),
}

/// What to do after a failed attempt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Wait, then repeat the call.
    Wait(Duration),
    /// Fetch a new token, then repeat the call.
    NewToken,
    /// Give up.
    Fail(CallError),
}

/// The attempts of one call.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    quick: u32,
    slow: u32,
    tokens: u32,
    /// Set once an attempt had no answer: a later "busy" does not prove that nothing was carried out.
    may_be_done: Option<String>,
}

impl Attempts {
    /// Decides after a failed attempt.
    pub(super) fn next(&mut self, failure: Failure) -> Next {
        match failure {
            Failure::Code(code, message) => self.next_for_code(code, message),
            Failure::Transport(error @ TransportError::Unreachable(_)) => self.quick_or(CallError::Unreachable(error)),
            Failure::Transport(TransportError::NoAnswer(why)) | Failure::Unreadable(why) => {
                self.may_be_done = Some(why.clone());
                self.quick_or(CallError::Uncertain(why))
            }
        }
    }

    fn next_for_code(&mut self, code: ErrorCode, message: String) -> Next {
        match code {
            ErrorCode::INVALID_CREDENTIAL | ErrorCode::INVALID_ACCESS_TOKEN | ErrorCode::EXPIRED_ACCESS_TOKEN => {
                self.tokens += 1;
                if self.tokens <= MAX_TOKENS { Next::NewToken } else { self.fail(CallError::Refused { code, message }) }
            }
            ErrorCode::BUSY | ErrorCode::TOO_MANY_MASS_SENDS => self.quick_or(CallError::Busy { code, message }),
            ErrorCode::TOO_FREQUENT | ErrorCode::CLIENT_MSG_ID_TOO_FAST => {
                self.slow_or(CallError::Busy { code, message })
            }
            // The limit of a minute and the limit of a day have the same number.
            ErrorCode::QUOTA_EXCEEDED => self.slow_or(CallError::QuotaReached { code, message }),
            _ => self.fail(CallError::Refused { code, message }),
        }
    }

    fn quick_or(&mut self, error: CallError) -> Next {
        self.quick += 1;
        if self.quick < QUICK_ATTEMPTS {
            Next::Wait(Duration::from_millis(500 << self.quick))
        } else {
            self.fail(error)
        }
    }

    fn slow_or(&mut self, error: CallError) -> Next {
        self.slow += 1;
        if self.slow < SLOW_ATTEMPTS { Next::Wait(A_MINUTE) } else { self.fail(error) }
    }

    fn fail(&self, error: CallError) -> Next {
        Next::Fail(match (&self.may_be_done, error) {
            (None, error) => error,
            // An earlier attempt would have been refused for the same reason, unless it took the last mass send.
            (Some(_), CallError::Refused { code, message }) if code != ErrorCode::NO_MASS_QUOTA => {
                CallError::Refused { code, message }
            }
            (Some(why), _) => CallError::Uncertain(why.clone()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(number: i64) -> Failure {
        Failure::Code(ErrorCode(number), String::new())
    }

    fn no_answer() -> Failure {
        Failure::Transport(TransportError::NoAnswer("closed".to_owned()))
    }

    #[test]
    fn busy_is_repeated_after_growing_waits_and_given_up() {
        let mut attempts = Attempts::default();
        let waits: Vec<u64> = std::iter::from_fn(|| match attempts.next(code(-1)) {
            Next::Wait(time) => Some(time.as_secs()),
            _ => None,
        })
        .collect();
        assert_eq!(waits, [1, 2, 4, 8, 16]);
        assert!(matches!(attempts.next(code(-1)), Next::Fail(CallError::Busy { .. })));
    }

    #[test]
    fn a_rejected_token_is_replaced_twice() {
        let mut attempts = Attempts::default();
        assert_eq!(attempts.next(code(42001)), Next::NewToken);
        assert_eq!(attempts.next(code(40001)), Next::NewToken);
        assert!(matches!(attempts.next(code(40001)), Next::Fail(CallError::Refused { .. })));
    }

    #[test]
    fn a_quota_may_be_that_of_a_minute() {
        let mut attempts = Attempts::default();
        assert_eq!(attempts.next(code(45009)), Next::Wait(A_MINUTE));
        assert_eq!(attempts.next(code(45009)), Next::Wait(A_MINUTE));
        assert!(matches!(attempts.next(code(45009)), Next::Fail(CallError::QuotaReached { .. })));
    }

    #[test]
    fn a_missing_answer_stays_uncertain_until_wechat_refuses() {
        let mut attempts = Attempts::default();
        attempts.next(no_answer());
        let last = std::iter::repeat_with(|| attempts.next(code(-1))).find(|next| !matches!(next, Next::Wait(_)));
        assert!(matches!(last, Some(Next::Fail(CallError::Uncertain(_)))));
        let mut attempts = Attempts::default();
        attempts.next(no_answer());
        assert!(matches!(attempts.next(code(40130)), Next::Fail(CallError::Refused { .. })));
    }
}
