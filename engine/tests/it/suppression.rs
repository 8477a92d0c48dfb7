//! Hidden counts cannot be derived from sums and differences of shown ones.

use proptest::prelude::*;
use zhihui_engine::report::{Groups, MinGroupSize, shown_in_list};

const FEWEST: u64 = 10;

fn fewest() -> MinGroupSize {
    MinGroupSize::default()
}

/// Up to seven groups, each inside an earlier one or directly inside the whole, and the people who are in no inner
/// group.
fn trees() -> impl Strategy<Value = (Vec<Option<usize>>, Vec<u64>)> {
    let people = prop_oneof![2 => Just(0_u64), 4 => 1_u64..10, 4 => 10_u64..40];
    (1_usize..8).prop_flat_map(move |groups| {
        let around: Vec<_> = (0..groups).map(|group| prop::option::of(0..group.max(1))).collect();
        (around, prop::collection::vec(people.clone(), groups + 1))
    })
}

fn well_formed(around: &[Option<usize>]) -> Vec<Option<usize>> {
    around.iter().enumerate().map(|(group, outer)| outer.filter(|&outer| outer < group)).collect()
}

/// Returns all counts of sets of people that can be derived by adding or subtracting each shown count at most once.
/// `parts` are disjoint groups of people. A shown count covers some of them.
fn derived(shown: &[Vec<usize>], parts: &[u64]) -> Vec<u64> {
    let mut found = Vec::new();
    for code in 1..3_usize.pow(shown.len() as u32) {
        let mut times = vec![0_i32; parts.len()];
        let mut rest = code;
        for covered in shown {
            let sign = [0, 1, -1][rest % 3];
            rest /= 3;
            covered.iter().for_each(|&part| times[part] += sign);
        }
        if times.iter().all(|&times| times == 0 || times == 1) {
            found.push(times.iter().zip(parts).filter(|(times, _)| **times == 1).map(|(_, people)| people).sum());
        }
    }
    found
}

proptest! {
    #[test]
    fn sums_and_differences_of_shown_groups_reveal_no_small_group((around, own) in trees()) {
        let groups = Groups::new(&well_formed(&around));
        let totals = groups.totals(&own);
        let shown = groups.shown(&totals, fewest());
        let covered = |place: usize| (0..groups.len()).filter(|&part| groups.is_within(part, place)).collect::<Vec<_>>();
        let sets: Vec<Vec<usize>> = (0..groups.len()).filter(|&place| shown[place]).map(covered).collect();
        for people in derived(&sets, &own) {
            prop_assert!(people == 0 || people >= FEWEST, "{people} people follow from {totals:?} {shown:?}");
        }
    }

    /// For each group, the number of members, of active members and of inactive ones. The latter two are shown
    /// together.
    #[test]
    fn neither_active_nor_inactive_members_can_be_derived((around, did) in trees(), idle in prop::collection::vec(0_u64..40, 8)) {
        let groups = Groups::new(&well_formed(&around));
        let idle = &idle[..did.len().min(8)];
        let members: Vec<u64> = did.iter().zip(idle).map(|(did, idle)| did + idle).collect();
        let shown = |own: &[u64]| groups.shown(&groups.totals(own), fewest());
        let (of_members, of_did, of_idle) = (shown(&members), shown(&did), shown(idle));
        let groups = &groups;
        let covered = |place: usize| (0..groups.len()).filter(move |&part| groups.is_within(part, place));
        let mut sets: Vec<Vec<usize>> = Vec::new();
        for place in 0..groups.len().min(5) {
            if of_members[place] {
                sets.push(covered(place).flat_map(|part| [2 * part, 2 * part + 1]).collect());
            }
            if of_members[place] && of_did[place] && of_idle[place] {
                sets.push(covered(place).map(|part| 2 * part).collect());
            }
        }
        let parts: Vec<u64> = did.iter().zip(idle).flat_map(|(did, idle)| [*did, *idle]).collect();
        for people in derived(&sets, &parts) {
            prop_assert!(people == 0 || people >= FEWEST, "{people} people follow");
        }
    }

    #[test]
    fn hidden_entries_of_a_list_reveal_no_small_group(people in prop::collection::vec(0_u64..40, 0..12)) {
        let shown = shown_in_list(&people, fewest());
        let hidden = || people.iter().zip(&shown).filter(|(_, shown)| !**shown).map(|(people, _)| *people);
        prop_assert!(people.iter().zip(&shown).all(|(&people, &shown)| !shown || !fewest().hides(people)));
        let has_large = people.iter().any(|&people| people >= FEWEST);
        prop_assert!(hidden().count() == 0 || !has_large || hidden().any(|people| people >= FEWEST));
    }
}

#[test]
fn large_groups_are_shown_and_the_outer_group_stays() {
    let groups = Groups::flat(3);
    assert_eq!(groups.shown(&groups.totals(&[0, 10, 50, 0]), fewest()), [true; 4]);
    // A parent of 40 with a child of 35: the difference of five must not be derivable, so the child is hidden.
    let chain = Groups::new(&[None, Some(0)]);
    assert_eq!(chain.shown(&chain.totals(&[60, 5, 35]), fewest()), [true, true, false]);
}

#[test]
fn cycle_of_groups_is_opened() {
    let ring = Groups::new(&[Some(1), Some(2), Some(0), Some(0)]);
    assert_eq!(ring.totals(&[0, 1, 2, 3, 4])[0], 10);
    assert!(ring.is_within(4, 1) && !ring.is_within(1, 4));
}

#[test]
fn minimum_group_size_is_at_least_five() {
    assert!(MinGroupSize::try_from(4).is_err());
    assert!(MinGroupSize::try_from(5).expect("allowed").hides(4));
}
