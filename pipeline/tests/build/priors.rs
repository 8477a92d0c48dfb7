//! Vectors of items and members move from their prior to what is learnt, the more evidence there is.

use zhihui_data::snapshot::{Factors, Snapshot};
use zhihui_engine::answer::Who;
use zhihui_engine::{Engine, Overlay};
use zhihui_pipeline::build::snapshot_before;
use zhihui_pipeline::train::{TrainOptions, train};

use super::town::{AS_OF, MEMBERS, town};

fn trained(town: Snapshot, options: &TrainOptions) -> Snapshot {
    train(town, None, &snapshot_before, options, &mut |_| false, &|_| {}).expect("trained").snapshot
}

fn without_search() -> TrainOptions {
    TrainOptions { search_seconds: 0, ..TrainOptions::default() }
}

fn factors(snapshot: &Snapshot) -> &Factors {
    snapshot.model.factors.as_ref().expect("the gate accepts the model")
}

#[test]
fn a_members_vector_is_the_sum_of_history_and_age_band() {
    let mut town = town(0.0, 1);
    town.members.personalised[3] = false;
    let snapshot = trained(town, &without_search());
    let rank = factors(&snapshot).rank as usize;
    assert!(
        factors(&snapshot).members[3 * rank..4 * rank].iter().all(|&value| value == 0.0),
        "a member who refuses has no vector"
    );
    let silent = MEMBERS - 1;
    let (engine, item) = (Engine::new(snapshot), "N0150");
    let part = |member: usize| {
        let id = engine.snapshot().members.id[member].clone();
        let explanation = engine.explain(&Overlay::default(), Who::Member(&id), item, AS_OF).expect("ranked");
        explanation.parts.into_iter().find(|part| part.feature == "factors").expect("a feature")
    };
    for member in 4..40 {
        let part = part(member);
        let sum = part.of_age_band + part.causes.iter().map(|cause| cause.amount).sum::<f32>();
        let did_nothing = engine.snapshot().history.of(member).is_empty();
        assert_eq!(part.causes.is_empty(), did_nothing, "member {member}: {part:?}");
        assert!(part.of_age_band != 0.0, "member {member}: {part:?}");
        assert!((sum - part.value).abs() < 1e-3, "member {member}: {sum} {part:?}");
    }
    let of_nothing = part(silent);
    assert!(of_nothing.causes.is_empty() && of_nothing.value != 0.0, "{of_nothing:?}");
    assert!((of_nothing.value - of_nothing.of_age_band).abs() < 1e-5, "{of_nothing:?}");
}

#[test]
fn a_stronger_prior_keeps_items_of_one_topic_closer_together() {
    // Articles whose indices differ by eight have the same topic and no other difference.
    let sum_of_distances = |item_prior: f32| {
        let snapshot = trained(town(0.0, 1), &TrainOptions { item_prior, ..without_search() });
        let factors = factors(&snapshot);
        let vector = |item: usize| &factors.items[item * factors.rank as usize..(item + 1) * factors.rank as usize];
        let distance = |item: usize| {
            vector(item).iter().zip(vector(item + 8)).map(|(left, right)| (left - right).powi(2)).sum::<f32>()
        };
        (20..150).map(distance).sum::<f32>()
    };
    let (learnt, mixed, predicted) = (sum_of_distances(0.0), sum_of_distances(50.0), sum_of_distances(1e7));
    assert!(predicted < 1e-3 * learnt && mixed < 0.5 * learnt && mixed > predicted, "{learnt} {mixed} {predicted}");
}
