//! The order of requests: by arrival, or by a draw that anybody can repeat.

use sha2::{Digest, Sha256};

use super::TicketRequest;

/// How requests are ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TicketOrder {
    /// First come, first served. Requests without a time come last; ties are broken by member id.
    FirstCome,
    /// A draw with this seed: ascending SHA-256 of the lines `seed\nactivity\nmember\n`.
    Draw {
        /// The seed. Publish its [`commitment`] before sign-up closes, and the seed afterwards.
        seed: String,
    },
}

impl TicketOrder {
    /// `first_come` or `draw`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::FirstCome => "first_come",
            Self::Draw { .. } => "draw",
        }
    }

    /// Sorts the requests for an activity.
    pub(super) fn sort(&self, activity_id: &str, requests: &mut [TicketRequest]) {
        match self {
            Self::FirstCome => requests
                .sort_by_cached_key(|request| (request.signed_up_at.unwrap_or(i64::MAX), request.member_id.clone())),
            Self::Draw { seed } => requests.sort_by_cached_key(|request| {
                let lot: [u8; 32] = Sha256::digest(format!("{seed}\n{activity_id}\n{}\n", request.member_id)).into();
                (lot, request.member_id.clone())
            }),
        }
    }
}

/// SHA-256 of a seed in hexadecimal. Published before the draw, it proves that the seed was not chosen afterwards.
#[must_use]
pub fn commitment(seed: &str) -> String {
    hex(&Sha256::digest(seed))
}

/// SHA-256 in hexadecimal over the sorted lines `member_id\ttickets\tchildren\n`. It identifies who took part.
#[must_use]
pub fn requests_sha256(requests: &[TicketRequest]) -> String {
    let line = |request: &TicketRequest| format!("{}\t{}\t{}\n", request.member_id, request.tickets, request.children);
    let mut lines: Vec<String> = requests.iter().map(line).collect();
    lines.sort_unstable();
    hex(&Sha256::digest(lines.concat()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
