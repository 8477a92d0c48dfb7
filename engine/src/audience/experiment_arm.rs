//! Experiment arms: which members of an audience are pushed and which are held out.

use serde::{Deserialize, Serialize};

use super::stable_hash::stable_hash;

/// The experiment arm of a member of an audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExperimentArm {
    /// The member is pushed.
    Push,
    /// The member is not pushed, so that the effect of the push can be measured.
    HoldOut,
}

impl ExperimentArm {
    /// The name used in tables and lists.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::HoldOut => "hold_out",
        }
    }

    /// Returns the arm of a member for a target. It is a hash of salt, target and member id only, so it does not depend
    /// on the other members, the day or any order.
    #[must_use]
    pub fn of(salt: &str, target: &str, member_id: &str, hold_out: f64) -> Self {
        let share = (hold_out * 10_000.0).round();
        let is_held_out = share > 0.0 && ((stable_hash(&[salt, target, member_id]) % 10_000) as f64) < share;
        if is_held_out { Self::HoldOut } else { Self::Push }
    }
}

#[cfg(test)]
mod tests {
    use super::ExperimentArm;

    #[test]
    fn hold_out_share_is_accurate_and_monotonic() {
        let ids: Vec<String> = (0..20_000).map(|n| format!("M{n}")).collect();
        let held = |share| {
            ids.iter()
                .filter(|id| ExperimentArm::of("salt", "A1", id, share) == ExperimentArm::HoldOut)
                .collect::<Vec<_>>()
        };
        let (tenth, fifth) = (held(0.1), held(0.2));
        assert!((1_850..2_150).contains(&tenth.len()), "{}", tenth.len());
        assert!(tenth.iter().all(|id| fifth.contains(id)), "a member held out at 10 % is held out at 20 %");
        assert!(held(0.0).is_empty());
    }

    #[test]
    fn arm_depends_on_salt_target_and_member() {
        let arms = |salt: &str, target: &str| {
            (0..64).map(|n| ExperimentArm::of(salt, target, &format!("M{n}"), 0.5)).collect::<Vec<_>>()
        };
        assert_eq!(arms("s", "A1"), arms("s", "A1"));
        assert_ne!(arms("s", "A1"), arms("t", "A1"));
        assert_ne!(arms("s", "A1"), arms("s", "A2"));
        assert_ne!(arms("sA", "1"), arms("s", "A1"));
    }
}
