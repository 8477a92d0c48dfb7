//! Two ways of dividing the same people, and whether shown groups of both together tell of few people.
//!
//! Let `S` be some groups of one way and `T` some of the other. Their counts subtracted tell of those who are in one of `S` and `T` but
//! not in the other, so these must be nobody or many. Draw a node for each group of either way and an edge between two groups that
//! share people, as heavy as these are many: then those in one of `S` and `T` alone are the weight of the edges between the chosen nodes
//! and the others. Some choice tells of few people exactly when part of this graph can be cut off at a weight of 1 to one less than
//! the fewest. That is decided for all choices at once: two nodes that no small cut parts are made one, until a node is left whose
//! edges are few people, or no edge is left.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use zhihui_engine::report::{Groups, MinGroupSize};

/// Groups side by side that are checked against another division, to bound the work; of more none is shown.
const MOST_CROSSED: usize = 127;

/// How many people the groups side by side here share with those of another way of dividing everybody.
pub(super) struct Crossing {
    /// By the place here and that of the innermost shown group of the other way.
    shared: BTreeMap<(usize, usize), u64>,
}

impl Crossing {
    /// From people by their place here and their place in the other way.
    pub(super) fn of(people: impl Iterator<Item = (usize, usize, u64)>) -> Self {
        let mut shared = BTreeMap::new();
        for (place, other, count) in people.filter(|&(_, _, count)| count > 0) {
            *shared.entry((place, other)).or_default() += count;
        }
        Self { shared }
    }

    /// A shown group to hide because few people follow from it and others; `None` where none follow.
    fn telling(&self, own: &[u64], shown: &[bool], fewest: MinGroupSize) -> Option<usize> {
        let mut groups: Vec<usize> = (1..own.len()).filter(|&place| shown[place]).collect();
        groups.sort_by_key(|&place| (own[place], place));
        let first = *groups.first()?;
        // Of those that are not shown, the sum follows from the total: they are one node, that of place 0.
        let node = |place: usize| if shown[place] { place } else { 0 };
        let edges: Vec<Edge> =
            self.shared.iter().map(|(&(place, other), &count)| (node(place), own.len() + other, count)).collect();
        let sides = small_cut(&edges, fewest)?;
        // A group that is hidden joins place 0: on the side of place 0 that would change nothing.
        let apart = |place: &usize| sides.iter().any(|side| !side.contains(&0) && side.contains(place));
        Some(groups.into_iter().find(apart).unwrap_or(first))
    }
}

/// Which groups side by side may be shown, by the people of each place, beside what is shown of other ways to divide everybody.
pub(super) fn shown_beside(groups: &Groups, own: &[u64], crossings: &[Crossing], fewest: MinGroupSize) -> Vec<bool> {
    let totals = groups.totals(own);
    let mut refused = vec![groups.len() > MOST_CROSSED && !crossings.is_empty(); groups.len()];
    refused[0] = false;
    loop {
        let shown = groups.shown_among(&totals, &refused, fewest);
        match crossings.iter().find_map(|crossing| crossing.telling(own, &shown, fewest)) {
            Some(place) => refused[place] = true,
            None => return shown,
        }
    }
}

/// Two nodes and how many people they share.
type Edge = (usize, usize, u64);

/// The neighbours of each node, and how many people it shares with each.
type Near = Vec<BTreeMap<usize, u64>>;

/// The two sides of a cut through edges of few people, but not of nobody, where there is one. Both are connected to each other: what
/// has no path to them is on neither side.
fn small_cut(edges: &[Edge], fewest: MinGroupSize) -> Option<[Vec<usize>; 2]> {
    let nodes = edges.iter().map(|&(one, other, _)| one.max(other) + 1).max().unwrap_or(0);
    // Each node points to an earlier one that it was made one with, or to itself.
    let mut made_one: Vec<usize> = (0..nodes).collect();
    loop {
        let mut near: Near = vec![BTreeMap::new(); nodes];
        for &(one, other, count) in edges {
            let (one, other) = (first_of(&made_one, one), first_of(&made_one, other));
            if one != other && count > 0 {
                *near[one].entry(other).or_default() += count;
                *near[other].entry(one).or_default() += count;
            }
        }
        if let Some(few) = (0..nodes).find(|&node| fewest.hides(near[node].values().sum())) {
            let mut is_connected = vec![false; nodes];
            let mut open = vec![few];
            while let Some(node) = open.pop() {
                if !std::mem::replace(&mut is_connected[node], true) {
                    open.extend(near[node].keys());
                }
            }
            let connected = (0..nodes).filter(|&node| is_connected[first_of(&made_one, node)]);
            return Some(connected.partition(|&node| first_of(&made_one, node) == few).into());
        }
        let pairs = inseparable(&near, fewest);
        if pairs.is_empty() {
            return None;
        }
        for (one, other) in pairs {
            let (one, other) = (first_of(&made_one, one), first_of(&made_one, other));
            made_one[one.max(other)] = one.min(other);
        }
    }
}

/// The node that stands for all that a node was made one with.
fn first_of(made_one: &[usize], mut node: usize) -> usize {
    while made_one[node] != node {
        node = made_one[node];
    }
    node
}

/// Neighbours that no small cut parts; at least one pair where there is an edge and no node's edges are few people.
///
/// Nodes are taken in the order of how much they share with those taken before, the most first. Then no cut between a node and a
/// neighbour taken before it weighs less than what the node shares with all nodes taken up to that neighbour
/// (Nagamochi and Ibaraki, 1992).
fn inseparable(near: &Near, fewest: MinGroupSize) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    let mut taken = vec![false; near.len()];
    let mut shared = vec![0_u64; near.len()];
    for start in 0..near.len() {
        let mut next = BinaryHeap::from([(0, Reverse(start))]);
        while let Some((_, Reverse(node))) = next.pop() {
            if std::mem::replace(&mut taken[node], true) {
                continue;
            }
            for (&beside, &count) in near[node].iter().filter(|&(&beside, _)| !taken[beside]) {
                shared[beside] += count;
                if shared[beside] >= fewest.people() {
                    pairs.push((node, beside));
                }
                next.push((shared[beside], Reverse(beside)));
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Counts of each place here, from people by place here and place in the other way.
    fn own_of(places: usize, people: &[(usize, usize, u64)]) -> Vec<u64> {
        let count = |at: usize| people.iter().filter(|&&(place, _, _)| place == at).map(|&(_, _, count)| count).sum();
        (0..places).map(count).collect()
    }

    /// Whether some groups of one way and some of the other differ by few people, by trying every choice of groups here, and for each every
    /// choice of the others: of their differences those below the fewest are kept, a bit for each.
    fn some_choice_tells(edges: &[Edge], fewest: MinGroupSize) -> bool {
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
                let shifted = |by: u64| if by < fewest.people() { differences << by } else { 0 };
                shifted(sum(0)) | shifted(sum(1))
            });
            (1..fewest.people()).any(|few| differences >> few & 1 == 1)
        })
    }

    /// What the edges between the two sides weigh.
    fn weight(edges: &[Edge], [side, other_side]: &[Vec<usize>; 2]) -> u64 {
        let is_cut = |edge: &&Edge| {
            side.contains(&edge.0) && other_side.contains(&edge.1)
                || side.contains(&edge.1) && other_side.contains(&edge.0)
        };
        edges.iter().filter(is_cut).map(|edge| edge.2).sum()
    }

    /// People by up to twelve groups here (place 0 counts as one) and up to five of the other way: most groups share many people with one of
    /// the other way, and few or none with the rest.
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
        fn a_small_cut_is_found_exactly_where_some_choice_tells((places, people) in crossed(), fewest in 5_u64..13) {
            let fewest = MinGroupSize::try_from(fewest).expect("enough");
            let edges: Vec<Edge> = people.iter().map(|&(place, other, count)| (place, places + other, count)).collect();
            let cut = small_cut(&edges, fewest);
            prop_assert_eq!(cut.is_some(), some_choice_tells(&edges, fewest));
            if let Some(sides) = cut {
                prop_assert!(fewest.hides(weight(&edges, &sides)), "{:?} weighs {}", sides, weight(&edges, &sides));
            }
        }

        #[test]
        fn what_is_shown_beside_large_groups_tells_of_nobody_by_any_choice((places, people) in crossed()) {
            let fewest = MinGroupSize::default();
            // The other way shows groups of many people only.
            let size =
                |at: usize| people.iter().filter(|&&(_, other, _)| other == at).map(|&(_, _, count)| count).sum();
            let people: Vec<_> = people.iter().copied().filter(|&(_, other, _)| !fewest.hides(size(other))).collect();
            let own = own_of(places, &people);
            let shown = shown_beside(&Groups::flat(places - 1), &own, &[Crossing::of(people.iter().copied())], fewest);
            let node = |place: usize| if shown[place] { place } else { 0 };
            let edges: Vec<Edge> =
                people.iter().map(|&(place, other, count)| (node(place), places + other, count)).collect();
            prop_assert!(!some_choice_tells(&edges, fewest), "{:?}", shown);
        }
    }

    /// Fourteen districts: the first three lie in union 1 and have 24 members each, the others have 30 each in union 2.
    fn fourteen_districts(more: &[(usize, usize, u64)]) -> Vec<bool> {
        let mut people: Vec<(usize, usize, u64)> =
            (1..15).map(|district| if district < 4 { (district, 1, 24) } else { (district, 2, 30) }).collect();
        people.extend(more);
        let own = own_of(15, &people);
        shown_beside(&Groups::flat(14), &own, &[Crossing::of(people.into_iter())], MinGroupSize::default())
    }

    #[test]
    fn three_districts_of_fourteen_do_not_leave_three_members_of_a_union() {
        // The union has 75 members, 3 of them in a fourth district.
        let shown = fourteen_districts(&[(9, 1, 3)]);
        assert!(shown[1..4].contains(&false), "the three districts and the union tell of three members: {shown:?}");
        assert_eq!(shown.iter().filter(|&&shown| !shown).count(), 2, "one more hides the first: {shown:?}");
    }

    #[test]
    fn members_without_a_district_are_left_over_as_well() {
        let shown = fourteen_districts(&[(0, 1, 3), (0, 2, 30)]);
        assert_eq!((1..15).filter(|&place| !shown[place]).collect::<Vec<_>>(), [1], "only the smallest is hidden");
    }

    #[test]
    fn all_of_fourteen_districts_are_shown_where_many_or_none_are_left_over() {
        assert!(!fourteen_districts(&[]).contains(&false));
        assert!(!fourteen_districts(&[(9, 1, 10)]).contains(&false));
        assert!(!fourteen_districts(&[(9, 1, 6), (2, 2, 4)]).contains(&false), "six and four are ten");
    }

    #[test]
    fn groups_bound_together_by_many_small_shares_are_parted_where_few_people_join_them() {
        // Groups 0 to 3 share 4 people with each of the others' 0 to 3, and 4 to 7 with 4 to 7: no share alone is large.
        let blocks = (0..8).flat_map(|place| (0..8).map(move |other| (place, 8 + other)));
        let mut edges: Vec<Edge> =
            blocks.filter(|&(place, other)| place / 4 == other / 4 - 2).map(|(a, b)| (a, b, 4)).collect();
        assert_eq!(small_cut(&edges, MinGroupSize::default()), None, "nothing joins the two halves");
        edges.push((7, 8, 9));
        let sides = small_cut(&edges, MinGroupSize::default()).expect("nine people join them");
        assert_eq!((weight(&edges, &sides), sides[0].len(), sides[1].len()), (9, 8, 8));
        edges.push((0, 15, 1));
        assert_eq!(small_cut(&edges, MinGroupSize::default()), None, "ten people join them");
    }

    #[test]
    fn so_many_groups_that_they_are_not_checked_are_not_shown() {
        let people: Vec<(usize, usize, u64)> = (0..200).map(|place| (place, 1, 50)).collect();
        let shown = shown_beside(
            &Groups::flat(199),
            &own_of(200, &people),
            &[Crossing::of(people.iter().copied())],
            MinGroupSize::default(),
        );
        assert_eq!(shown.iter().filter(|&&shown| shown).count(), 1, "only everybody is shown");
    }
}
