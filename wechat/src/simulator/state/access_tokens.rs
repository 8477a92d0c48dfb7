//! Access tokens: the stable one and the older one, which are independent of each other.

use crate::error_code::ErrorCode;
use crate::simulator::seeded;

/// Seconds that a token is valid.
const LIFETIME: i64 = 7_200;
/// Seconds before its end from which a stable token is replaced, and for which the replaced token stays valid.
const OVERLAP: i64 = 300;
/// Seconds between two forced refreshes.
const FORCE_INTERVAL: i64 = 30;
/// Length of a token. WeChat advises to reserve 512.
const LENGTH: usize = 136;

/// How a token was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// By `stable_token`.
    Stable,
    /// By `token`.
    Classic,
}

#[derive(Debug, Clone)]
struct Token {
    text: String,
    kind: TokenKind,
    expires: i64,
    /// Replaced by a forced refresh.
    is_replaced: bool,
}

/// All tokens that were issued in the last hours, oldest first.
#[derive(Debug)]
pub(crate) struct AccessTokens {
    seed: u64,
    issued: u64,
    tokens: Vec<Token>,
    last_forced: Option<i64>,
}

impl AccessTokens {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, issued: 0, tokens: Vec::new(), last_forced: None }
    }

    /// Returns the stable token and its remaining seconds. A new one is issued five minutes before the end of the old
    /// one, or if `force` is set; then the old one is void.
    ///
    /// # Errors
    /// [`ErrorCode::TOO_FREQUENT`] for a forced refresh within 30 seconds of another.
    pub(crate) fn stable(&mut self, force: bool, now: i64) -> Result<(String, i64), ErrorCode> {
        if force {
            if self.last_forced.is_some_and(|last| now - last < FORCE_INTERVAL) {
                return Err(ErrorCode::TOO_FREQUENT);
            }
            self.last_forced = Some(now);
            for token in self.tokens.iter_mut().filter(|token| token.kind == TokenKind::Stable) {
                token.is_replaced = true;
            }
        }
        let is_current = |token: &&Token| token.kind == TokenKind::Stable && !token.is_replaced;
        let current = self.tokens.iter().rev().find(is_current);
        Ok(match current.filter(|token| token.expires - now > OVERLAP) {
            Some(token) => (token.text.clone(), token.expires - now),
            None => self.issue(TokenKind::Stable, now),
        })
    }

    /// Issues a token of the older interface. The one before stays valid for five minutes.
    pub(crate) fn classic(&mut self, now: i64) -> (String, i64) {
        for token in self.tokens.iter_mut().filter(|token| token.kind == TokenKind::Classic) {
            token.expires = token.expires.min(now + OVERLAP);
        }
        self.issue(TokenKind::Classic, now)
    }

    fn issue(&mut self, kind: TokenKind, now: i64) -> (String, i64) {
        self.tokens.retain(|token| now - token.expires < LIFETIME);
        self.issued += 1;
        let text = seeded::text(self.seed, "access token", self.issued, LENGTH);
        self.tokens.push(Token { text: text.clone(), kind, expires: now + LIFETIME, is_replaced: false });
        (text, LIFETIME)
    }

    /// Checks the token of a request.
    ///
    /// # Errors
    /// [`ErrorCode::MISSING_ACCESS_TOKEN`], [`ErrorCode::INVALID_CREDENTIAL`] or [`ErrorCode::EXPIRED_ACCESS_TOKEN`].
    pub(crate) fn check(&self, text: Option<&str>, now: i64) -> Result<(), ErrorCode> {
        let text = text.filter(|text| !text.is_empty()).ok_or(ErrorCode::MISSING_ACCESS_TOKEN)?;
        let token = self.tokens.iter().find(|token| token.text == text).ok_or(ErrorCode::INVALID_CREDENTIAL)?;
        if token.is_replaced {
            Err(ErrorCode::INVALID_CREDENTIAL)
        } else if token.expires <= now {
            Err(ErrorCode::EXPIRED_ACCESS_TOKEN)
        } else {
            Ok(())
        }
    }

    /// Lets all tokens expire.
    pub(crate) fn expire(&mut self, now: i64) {
        for token in &mut self.tokens {
            token.expires = token.expires.min(now);
        }
    }

    /// Returns how many tokens were issued, and the remaining seconds of the valid ones.
    pub(crate) fn overview(&self, now: i64) -> (u64, Vec<(TokenKind, i64)>) {
        let valid = self.tokens.iter().filter(|token| !token.is_replaced && token.expires > now);
        (self.issued, valid.map(|token| (token.kind, token.expires - now)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stable_token_is_the_same_until_five_minutes_before_its_end() {
        let mut tokens = AccessTokens::new(1);
        let (first, seconds) = tokens.stable(false, 0).expect("issued");
        assert_eq!(seconds, 7_200);
        assert_eq!(tokens.stable(false, 6_899), Ok((first.clone(), 301)));
        let (second, _) = tokens.stable(false, 6_900).expect("issued");
        assert_ne!(first, second);
        assert_eq!((tokens.check(Some(&first), 7_199), tokens.check(Some(&second), 7_199)), (Ok(()), Ok(())));
        assert_eq!(tokens.check(Some(&first), 7_200), Err(ErrorCode::EXPIRED_ACCESS_TOKEN));
    }

    #[test]
    fn forced_refresh_voids_the_old_token_and_is_limited() {
        let mut tokens = AccessTokens::new(1);
        let (first, _) = tokens.stable(true, 0).expect("issued");
        assert_eq!(tokens.stable(true, 29), Err(ErrorCode::TOO_FREQUENT));
        assert!(tokens.stable(true, 30).is_ok());
        assert_eq!(tokens.check(Some(&first), 30), Err(ErrorCode::INVALID_CREDENTIAL));
    }

    #[test]
    fn classic_tokens_do_not_affect_the_stable_one() {
        let mut tokens = AccessTokens::new(1);
        let (stable, _) = tokens.stable(false, 0).expect("issued");
        let (first, _) = tokens.classic(0);
        let (second, _) = tokens.classic(10);
        assert_eq!(tokens.check(Some(&first), 309), Ok(()));
        assert_eq!(tokens.check(Some(&first), 310), Err(ErrorCode::EXPIRED_ACCESS_TOKEN));
        assert_eq!((tokens.check(Some(&second), 400), tokens.check(Some(&stable), 400)), (Ok(()), Ok(())));
    }

    #[test]
    fn missing_and_unknown_tokens_are_told_apart() {
        let tokens = AccessTokens::new(1);
        assert_eq!(tokens.check(None, 0), Err(ErrorCode::MISSING_ACCESS_TOKEN));
        assert_eq!(tokens.check(Some(""), 0), Err(ErrorCode::MISSING_ACCESS_TOKEN));
        assert_eq!(tokens.check(Some("x"), 0), Err(ErrorCode::INVALID_CREDENTIAL));
    }
}
