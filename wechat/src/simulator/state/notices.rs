//! Template messages and subscription notices.

use std::collections::HashMap;

use crate::simulator::seeded;

/// A notice that was sent to one follower.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    pub(crate) msg_id: u64,
    pub(crate) follower: u32,
    pub(crate) template_id: String,
    pub(crate) is_received: bool,
}

/// All notices, and how many subscription notices followers have agreed to.
#[derive(Debug)]
pub(crate) struct Notices {
    seed: u64,
    sent: Vec<Notice>,
    consents: HashMap<(u32, String), u32>,
    previews: u64,
}

impl Notices {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, sent: Vec::new(), consents: HashMap::new(), previews: 0 }
    }

    /// Sends a notice and returns its id. A follower who refuses messages does not receive it.
    pub(crate) fn send(&mut self, follower: u32, template_id: &str, is_received: bool) -> u64 {
        let first = 3_000_000_000 + seeded::draw(self.seed, "first notice", 0) % 1_000_000;
        let msg_id = first + self.sent.len() as u64;
        self.sent.push(Notice { msg_id, follower, template_id: template_id.to_owned(), is_received });
        msg_id
    }

    /// Sends a preview and returns its id. Previews do not count as received.
    pub(crate) fn preview(&mut self, digest: &str) -> u64 {
        self.previews += 1;
        2_000_000_000 + seeded::draw(self.seed, digest, self.previews) % 1_000_000_000
    }

    /// Adds consents of a follower to a template.
    pub(crate) fn agree(&mut self, follower: u32, template_id: &str, times: u32) {
        let consents = self.consents.entry((follower, template_id.to_owned())).or_default();
        *consents = consents.saturating_add(times);
    }

    /// Uses one consent. Returns whether there was one.
    pub(crate) fn use_consent(&mut self, follower: u32, template_id: &str) -> bool {
        match self.consents.get_mut(&(follower, template_id.to_owned())) {
            Some(consents) if *consents > 0 => {
                *consents -= 1;
                true
            }
            _ => false,
        }
    }

    /// Returns all notices.
    pub(crate) fn sent(&self) -> &[Notice] {
        &self.sent
    }
}
