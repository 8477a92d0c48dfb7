//! Decides which groups may be shown when the same people are also divided in another way.
//!
//! Let `S` be some groups of one division and `T` some of the other. The difference of their counts reveals the number of
//! people in exactly one of `S` and `T`, which must be 0 or large. Consider the graph with a node for each group of both
//! divisions and an edge between two groups, weighted by the people they share. The people in exactly one of `S` and `T` are
//! the weight of the cut between the chosen nodes and the others. So some choice reveals a small group if and only if the
//! graph has a small cut: one of weight 1 to the minimum size less one. The search merges nodes that no small cut separates,
//! until a node has a small total weight of edges or no edge is left.

use zhihui_engine::report::{Groups, MinGroupSize};

use super::small_cut::{Edge, is_tied_together, small_cut};

/// Maximum number of groups that are checked against another division, which bounds the time. Of more groups none is shown.
const MAX_CROSSED_GROUPS: usize = 127;

/// Maximum number of pairs of groups for which sums are kept in a table instead of sorting.
const MAX_DENSE: usize = 1 << 21;

/// Numbers of people that groups share with the groups of another division.
pub(super) struct Crossing {
    /// The place in this division, the place of the innermost shown group of the other one, and the people; sorted.
    shared: Vec<(usize, usize, u64)>,
}

impl Crossing {
    /// Returns a shown group to hide, because together with others it reveals a small group. `None` if nothing is revealed.
    fn group_to_hide(&self, own: &[u64], shown: &[bool], min_size: MinGroupSize) -> Option<usize> {
        let mut groups: Vec<usize> = (1..own.len()).filter(|&place| shown[place]).collect();
        groups.sort_by_key(|&place| (own[place], place));
        let first = *groups.first()?;
        // The sum of hidden groups follows from the total: they are one node, at place 0.
        let node = |place: usize| if shown[place] { place } else { 0 };
        let edges: Vec<Edge> =
            self.shared.iter().map(|&(place, other, count)| (node(place), own.len() + other, count)).collect();
        if is_tied_together(&edges, min_size) {
            return None;
        }
        let sides = small_cut(&edges, min_size)?;
        // A hidden group joins the node of place 0, so hiding one on the side of place 0 would change nothing.
        let is_separate = |place: &usize| sides.iter().any(|side| !side.contains(&0) && side.contains(place));
        Some(groups.into_iter().find(is_separate).unwrap_or(first))
    }
}

/// Sums up people by their places in this and in the other division.
pub(super) struct SharedPeople {
    /// Number of places in the other division, and one more for people who count nowhere.
    others: usize,
    /// By place, then by place in the other division. Empty if there are too many pairs. A member counts once at most, and
    /// numbers of members have 32 bits.
    sums: Vec<u32>,
    shared: Vec<(usize, usize, u64)>,
}

impl SharedPeople {
    /// There are `places` and `others` places.
    pub(super) fn new(places: usize, others: usize) -> Self {
        let others = others + 1;
        let pairs = places.saturating_mul(others);
        let sums = if pairs <= MAX_DENSE { vec![0; pairs] } else { Vec::new() };
        Self { others, sums, shared: Vec::new() }
    }

    /// The place in the other division of people who do not count.
    pub(super) fn nowhere(&self) -> usize {
        self.others - 1
    }

    /// Adds people, of whom there may be none. Without a branch where there are few pairs, as it would be predicted wrongly for
    /// every second member.
    #[inline]
    pub(super) fn add(&mut self, place: usize, other: usize, people: u64) {
        if !self.sums.is_empty() {
            self.sums[place * self.others + other] += people as u32;
        } else if people > 0 && other != self.nowhere() {
            self.shared.push((place, other, people));
        }
    }
}

impl From<SharedPeople> for Crossing {
    fn from(SharedPeople { others, sums, mut shared }: SharedPeople) -> Self {
        if shared.is_empty() {
            let sums = sums.into_iter().enumerate().map(|(at, count)| (at / others, at % others, u64::from(count)));
            return Self { shared: sums.filter(|&(_, other, count)| count > 0 && other + 1 < others).collect() };
        }
        shared.sort_unstable();
        shared.dedup_by(|next, kept| {
            let is_same = (next.0, next.1) == (kept.0, kept.1);
            kept.2 += if is_same { next.2 } else { 0 };
            is_same
        });
        Self { shared }
    }
}

/// Returns which groups may be shown together with the shown groups of other divisions. `own` are the people of each place.
pub(super) fn shown_groups(groups: &Groups, own: &[u64], crossings: &[Crossing], min_size: MinGroupSize) -> Vec<bool> {
    let totals = groups.totals(own);
    let mut hidden = vec![groups.len() > MAX_CROSSED_GROUPS && !crossings.is_empty(); groups.len()];
    hidden[0] = false;
    loop {
        let shown = groups.shown_among(&totals, &hidden, min_size);
        match crossings.iter().find_map(|crossing| crossing.group_to_hide(own, &shown, min_size)) {
            Some(place) => hidden[place] = true,
            None => return shown,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn crossing(people: &[(usize, usize, u64)]) -> Crossing {
        let places =
            |of: fn(&(usize, usize, u64)) -> usize| people.iter().map(|people| of(people) + 1).max().unwrap_or(0);
        let mut shared = SharedPeople::new(places(|people| people.0), places(|people| people.1));
        people.iter().for_each(|&(place, other, count)| shared.add(place, other, count));
        shared.into()
    }

    /// Sums up people by their places in this division.
    fn own_of(places: usize, people: &[(usize, usize, u64)]) -> Vec<u64> {
        let count = |at: usize| people.iter().filter(|&&(place, _, _)| place == at).map(|&(_, _, count)| count).sum();
        (0..places).map(count).collect()
    }

    /// Whether some choice of groups of both divisions reveals a small group, by trying all choices. Differences below the
    /// minimum size are the bits of a number.
    fn reveals_small_group(edges: &[Edge], min_size: MinGroupSize) -> bool {
        let ones: Vec<usize> =
            edges.iter().map(|edge| edge.0).collect::<std::collections::BTreeSet<_>>().into_iter().collect();
        let mut by_other: BTreeMap<usize, Vec<(usize, u64)>> = BTreeMap::new();
        for &(one, other, count) in edges {
            by_other.entry(other).or_default().push((ones.binary_search(&one).expect("known"), count));
        }
        (0..1_u32 << ones.len()).any(|choice| {
            let differences = by_other.values().fold(1_u64, |differences, shares| {
                let sum = |chosen: u32| -> u64 {
                    shares.iter().filter(|(at, _)| choice >> at & 1 == chosen).map(|(_, count)| count).sum()
                };
                let shifted = |by: u64| if by < min_size.people() { differences << by } else { 0 };
                shifted(sum(0)) | shifted(sum(1))
            });
            (1..min_size.people()).any(|few| differences >> few & 1 == 1)
        })
    }

    /// Total weight of the edges between the two sides.
    fn weight(edges: &[Edge], [side, other_side]: &[Vec<usize>; 2]) -> u64 {
        let is_cut = |edge: &&Edge| {
            side.contains(&edge.0) && other_side.contains(&edge.1)
                || side.contains(&edge.1) && other_side.contains(&edge.0)
        };
        edges.iter().filter(is_cut).map(|edge| edge.2).sum()
    }

    /// People by up to twelve groups of this division (including place 0) and five of the other. Most groups share many people
    /// with one group of the other division, and few or none with the rest.
    fn crossed() -> impl Strategy<Value = (usize, Vec<(usize, usize, u64)>)> {
        let few = || prop_oneof![30 => Just(0_u64), 2 => 1_u64..4, 1 => 4_u64..12];
        let many = || prop_oneof![1 => Just(0_u64), 19 => 12_u64..40];
        (2_usize..13, 1_usize..6).prop_flat_map(move |(places, others)| {
            let few = prop::collection::vec(few(), places * others);
            let many = prop::collection::vec((many(), any::<prop::sample::Index>()), places + others);
            (few, many).prop_map(move |(few, many)| {
                let few = few.iter().enumerate().map(|(at, &count)| (at % places, at / places, count));
                let many = many.iter().enumerate().map(|(at, (count, with))| match at.checked_sub(places) {
                    Some(other) => (with.index(places), other, *count),
                    None => (at, with.index(others), *count),
                });
                (places, few.chain(many).collect())
            })
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn a_small_cut_exists_if_and_only_if_a_choice_reveals_a_small_group((places, people) in crossed(), min_size in 5_u64..13) {
            let min_size = MinGroupSize::try_from(min_size).expect("enough");
            let edges: Vec<Edge> = people.iter().map(|&(place, other, count)| (place, places + other, count)).collect();
            let cut = small_cut(&edges, min_size);
            prop_assert_eq!(cut.is_some(), reveals_small_group(&edges, min_size));
            prop_assert!(cut.is_none() || !is_tied_together(&edges, min_size));
            if let Some(sides) = cut {
                prop_assert!(min_size.hides(weight(&edges, &sides)), "{:?} weighs {}", sides, weight(&edges, &sides));
            }
        }

        #[test]
        fn shown_groups_of_two_divisions_reveal_no_small_group((places, people) in crossed()) {
            let min_size = MinGroupSize::default();
            // The other division shows large groups only.
            let size =
                |at: usize| people.iter().filter(|&&(_, other, _)| other == at).map(|&(_, _, count)| count).sum();
            let people: Vec<_> = people.iter().copied().filter(|&(_, other, _)| !min_size.hides(size(other))).collect();
            let own = own_of(places, &people);
            let shown = shown_groups(&Groups::flat(places - 1), &own, &[crossing(&people)], min_size);
            let node = |place: usize| if shown[place] { place } else { 0 };
            let edges: Vec<Edge> =
                people.iter().map(|&(place, other, count)| (node(place), places + other, count)).collect();
            prop_assert!(!reveals_small_group(&edges, min_size), "{:?}", shown);
        }
    }

    /// Fourteen districts: the first three have 24 members each, all in union 1; the others have 30 each in union 2.
    fn fourteen_districts(more: &[(usize, usize, u64)]) -> Vec<bool> {
        let mut people: Vec<(usize, usize, u64)> =
            (1..15).map(|district| if district < 4 { (district, 1, 24) } else { (district, 2, 30) }).collect();
        people.extend(more);
        let own = own_of(15, &people);
        shown_groups(&Groups::flat(14), &own, &[crossing(&people)], MinGroupSize::default())
    }

    #[test]
    fn districts_do_not_reveal_three_other_members_of_a_union() {
        // The union has 75 members, 3 of them in a fourth district.
        let shown = fourteen_districts(&[(9, 1, 3)]);
        assert!(shown[1..4].contains(&false), "the three districts and the union reveal three members: {shown:?}");
        assert_eq!(shown.iter().filter(|&&shown| !shown).count(), 2, "a second one protects the first: {shown:?}");
    }

    #[test]
    fn districts_do_not_reveal_three_members_without_a_district() {
        let shown = fourteen_districts(&[(0, 1, 3), (0, 2, 30)]);
        assert_eq!((1..15).filter(|&place| !shown[place]).collect::<Vec<_>>(), [1], "only the smallest is hidden");
    }

    #[test]
    fn all_districts_are_shown_if_none_or_many_other_members_are_revealed() {
        assert!(!fourteen_districts(&[]).contains(&false));
        assert!(!fourteen_districts(&[(9, 1, 10)]).contains(&false));
        assert!(!fourteen_districts(&[(9, 1, 6), (2, 2, 4)]).contains(&false), "six and four are ten");
    }

    #[test]
    fn a_small_cut_between_groups_with_many_small_edges_is_found() {
        // Groups 0 to 3 share 4 people each with groups 0 to 3 of the other division, and 4 to 7 with 4 to 7.
        let blocks = (0..8).flat_map(|place| (0..8).map(move |other| (place, 8 + other)));
        let mut edges: Vec<Edge> =
            blocks.filter(|&(place, other)| place / 4 == other / 4 - 2).map(|(a, b)| (a, b, 4)).collect();
        assert_eq!(small_cut(&edges, MinGroupSize::default()), None, "the two halves share nobody");
        edges.push((7, 8, 9));
        let sides = small_cut(&edges, MinGroupSize::default()).expect("a cut of nine people");
        assert_eq!((weight(&edges, &sides), sides[0].len(), sides[1].len()), (9, 8, 8));
        edges.push((0, 15, 1));
        assert_eq!(small_cut(&edges, MinGroupSize::default()), None, "the two halves share ten people");
    }

    #[test]
    fn groups_are_hidden_if_there_are_too_many_to_check() {
        let people: Vec<(usize, usize, u64)> = (0..200).map(|place| (place, 1, 50)).collect();
        let shown =
            shown_groups(&Groups::flat(199), &own_of(200, &people), &[crossing(&people)], MinGroupSize::default());
        assert_eq!(shown.iter().filter(|&&shown| shown).count(), 1, "only the total is shown");
    }
}
