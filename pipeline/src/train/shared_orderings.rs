//! The orderings of several model candidates without repetitions. Simple rules and popularity are mostly the same for all.

use super::compared_order::ComparedOrder;

/// Distinct orderings, and which of them each candidate has.
#[derive(Debug)]
pub(super) struct SharedOrderings {
    pub(super) all: Vec<ComparedOrder>,
    /// Places in `all`, in the order of the candidate.
    pub(super) of_candidate: Vec<Vec<usize>>,
}

impl SharedOrderings {
    pub(super) fn of(candidates: impl Iterator<Item = Vec<ComparedOrder>>) -> Self {
        let (mut all, mut of_candidate) = (Vec::new(), Vec::new());
        for own in candidates {
            let place = |ordering: ComparedOrder| {
                all.iter().position(|known| *known == ordering).unwrap_or_else(|| {
                    all.push(ordering);
                    all.len() - 1
                })
            };
            of_candidate.push(own.into_iter().map(place).collect());
        }
        Self { all, of_candidate }
    }

    /// Returns the names of the orderings of the candidate with this number.
    pub(super) fn names(&self, candidate: usize) -> Vec<String> {
        self.of_candidate[candidate].iter().map(|&at| self.all[at].name.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_share_equal_orderings_and_keep_their_order() {
        let (band, all, chance) =
            (ComparedOrder::band_popularity(), ComparedOrder::popularity(), ComparedOrder::chance(7));
        let other = ComparedOrder::chance(8);
        let candidates = [vec![band.clone(), all.clone(), chance.clone()], vec![other.clone(), all, band]];
        let shared = SharedOrderings::of(candidates.into_iter());
        assert_eq!(shared.all.len(), 4);
        assert_eq!(shared.of_candidate, [vec![0, 1, 2], vec![3, 1, 0]]);
        assert_eq!(shared.names(1), [&other.name, "popular", "popular_in_age_band"]);
    }
}
