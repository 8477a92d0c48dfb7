//! Variants of a list: members of one list get different items or titles, to see which works better.
//!
//! The split is a hash of salt, list and member id. It has a domain of its own, so it says nothing about the hash of a
//! hold-out, and it contains the list, so it says nothing about the split of another list: when the members who did not
//! respond are pushed to again, both variants of the second list consist of the same mixture of people. Held-out members
//! have a variant, too, which is what they would have got, so every variant has a hold-out of its own.

use super::stable_hash::stable_hash;

/// Fewest variants of a list that has any.
pub const MIN_VARIANTS: usize = 2;
/// Most variants of a list. With more, each gets too few members to compare.
pub const MAX_VARIANTS: usize = 4;

/// A variant of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Name, such as `A`.
    pub name: String,
    /// The item that is pushed; the target of the list if missing.
    pub item_id: Option<String>,
    /// The title that is sent, or the name of the material; that of the item if missing.
    pub title: Option<String>,
    /// Share of the members. The shares of a list add up to 1.
    pub share: f64,
}

/// Divides the members of one list among its variants.
#[derive(Debug, Clone)]
pub struct VariantSplit<'a> {
    salt: &'a str,
    list: &'a str,
    /// The upper bound of each variant within 0 to 1.
    bounds: Vec<f64>,
}

impl<'a> VariantSplit<'a> {
    /// The split of a list into variants with these shares. `salt` is the secret of the installation.
    #[must_use]
    pub fn new(salt: &'a str, list: &'a str, variants: &[Variant]) -> Self {
        let mut sum = 0.0;
        let bound = |variant: &Variant| {
            sum += variant.share;
            sum
        };
        Self { salt, list, bounds: variants.iter().map(bound).collect() }
    }

    /// The place of the variant of a member. It does not depend on the other members or on any order.
    #[must_use]
    pub fn variant_of(&self, member_id: &str) -> usize {
        let hash = stable_hash(&["zhihui variant of a list", self.list, self.salt, member_id]);
        // The 53 bits that a float represents exactly.
        let position = (hash >> 11) as f64 / (1_u64 << 53) as f64;
        let place = self.bounds.partition_point(|&bound| bound <= position);
        // The sum of the shares may be less than 1 by rounding.
        place.min(self.bounds.len().saturating_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Variant, VariantSplit};
    use crate::audience::{ExperimentArm, StandingHoldOut};

    fn variants(shares: &[f64]) -> Vec<Variant> {
        let variant = |(place, &share): (usize, &f64)| Variant {
            name: ["A", "B", "C", "D"][place].to_owned(),
            item_id: None,
            title: None,
            share,
        };
        shares.iter().enumerate().map(variant).collect()
    }

    fn id(number: usize) -> String {
        format!("M{number}")
    }

    /// 2 to 4 shares that add up to 1.
    fn shares() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(1.0..10.0_f64, 2..=4).prop_map(|parts| {
            let sum: f64 = parts.iter().sum();
            parts.iter().map(|part| part / sum).collect()
        })
    }

    /// Whether a count of `n` trials is within five standard deviations of its expectation.
    fn is_binomial(count: usize, n: usize, share: f64) -> bool {
        let deviation = (n as f64 * share * (1.0 - share)).sqrt();
        (count as f64 - n as f64 * share).abs() <= 5.0 * deviation + 1.0
    }

    proptest! {
        #[test]
        fn split_is_stable_covers_everybody_and_keeps_the_shares(shares in shares(), list in "[a-z0-9]{8}") {
            const MEMBERS: usize = 4_000;
            let variants = variants(&shares);
            let split = VariantSplit::new("salt", &list, &variants);
            let placed: Vec<usize> = (0..MEMBERS).map(|member| split.variant_of(&id(member))).collect();
            let again = VariantSplit::new("salt", &list, &variants);
            // Backwards, so that the order does not matter either.
            for member in (0..MEMBERS).rev() {
                prop_assert_eq!(placed[member], again.variant_of(&id(member)));
            }
            for (place, &share) in shares.iter().enumerate() {
                let count = placed.iter().filter(|&&of| of == place).count();
                prop_assert!(is_binomial(count, MEMBERS, share), "{} of share {}", count, share);
            }
            prop_assert!(placed.iter().all(|&place| place < shares.len()));
        }

        #[test]
        fn split_is_independent_of_hold_outs_and_other_lists(list in "[a-z0-9]{8}", other in "[A-Z]{8}") {
            const MEMBERS: usize = 8_000;
            let variants = variants(&[0.5, 0.5]);
            let split = VariantSplit::new("salt", &list, &variants);
            let is_first = |member: usize| split.variant_of(&id(member)) == 0;
            let until = chrono::NaiveDate::from_ymd_opt(2027, 3, 31).expect("a day");
            let standing = StandingHoldOut { topic: None, share: 0.3, until };
            let held = |member: usize| ExperimentArm::of("salt", "A1", &id(member), 0.3) == ExperimentArm::HoldOut;
            let held_globally = |member: usize| standing.contains("salt", &id(member));
            let of_other = VariantSplit::new("salt", &other, &variants);
            let first_of_other = |member: usize| of_other.variant_of(&id(member)) == 0;
            for group in [&held as &dyn Fn(usize) -> bool, &held_globally, &first_of_other] {
                let members: Vec<usize> = (0..MEMBERS).filter(|&member| group(member)).collect();
                let both = members.iter().filter(|&&member| is_first(member)).count();
                prop_assert!(is_binomial(both, members.len(), 0.5), "{} of {}", both, members.len());
            }
        }
    }

    #[test]
    fn split_depends_on_salt_list_and_member() {
        let variants = variants(&[0.5, 0.5]);
        let placed = |salt: &str, list: &str| {
            let split = VariantSplit::new(salt, list, &variants);
            (0..64).map(|member| split.variant_of(&id(member))).collect::<Vec<_>>()
        };
        assert_ne!(placed("s", "pl_1"), placed("t", "pl_1"));
        assert_ne!(placed("s", "pl_1"), placed("s", "pl_2"));
        assert_ne!(placed("sp", "l_1"), placed("s", "pl_1"));
    }
}
