//! Tests of trends, of lists without a history, and of pooled windows.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use zhihui_models::catalogue::{ModelName, ModelSpec, TrainingData};
use zhihui_models::evaluation::{Bootstrap, Event, Metric, ValidationCut, evaluate, recommend, time_cut};
use zhihui_models::profile::popularity::{GroupEvent, GroupPopularity};
use zhihui_models::recommenders::blend::Blend;
use zhihui_models::recommenders::popularity::PopularityParams;
use zhihui_models::recommenders::segment_popularity::SegmentPopularity;
use zhihui_models::tuning::{TuneOptions, popularity_half_life, tune};
use zhihui_models::{ModelError, Row, UserItems};

const DAY: i64 = 86_400;

/// Two groups of 20 members with 10 items each. At first most of each group read item 9 or 19. In the last week, on
/// days 50 to 56, some read item 8 or 18.
fn events() -> Vec<Event> {
    let mut events = Vec::new();
    for user in 0..40_u32 {
        let circle = user % 2 * 10;
        for n in 0..5_u32 {
            let item = circle + (user / 2 + n) % 8;
            events.push(Event { user, item, weight: 1.0, at: i64::from(n * 10) * DAY });
        }
        if user < 28 {
            events.push(Event { user, item: circle + 9, weight: 1.0, at: 0 });
        }
        if user < 24 {
            events.push(Event { user, item: circle + 8, weight: 1.0, at: (50 + i64::from(user % 7)) * DAY });
        }
    }
    events
}

fn data(now: i64) -> TrainingData {
    TrainingData::as_of(now, 41, 20, events()).unwrap()
}

#[test]
fn trending_items_rank_first_within_their_group() {
    let data = data(57 * DAY);
    let lists = |exponent: f64| {
        let mut spec = ModelSpec::new(ModelName::ItemKnn);
        spec.set("trend", exponent).unwrap();
        spec.set("trend_popularity", 0.0).unwrap();
        let model = spec.fit(&data, 1).unwrap();
        recommend(model.as_ref(), &data.interactions, &[30, 31], 3)
    };
    let firsts = |lists: &[Vec<u32>]| lists.iter().map(|list| list[0]).collect::<Vec<_>>();
    assert_eq!(firsts(&lists(0.0)), [9, 19]);
    assert_eq!(firsts(&lists(1.0)), [8, 18]);
}

#[test]
fn trends_apply_only_to_predictions_of_the_future() {
    let without = TrainingData::from_events(41, 20, &events()).unwrap();
    let spec = ModelSpec::new(ModelName::ItemKnn);
    assert!(!without.predicts_future() && !spec.resolved_on(&without).contains_key("trend"));
    assert_eq!(spec.resolved_on(&data(57 * DAY))["trend_days"], 7.0);
    let mut asked = spec.clone();
    asked.set("trend", 1.0).unwrap();
    assert!(matches!(asked.fit(&without, 1), Err(ModelError::NotEnoughData(_))));
    asked.set("trend", -1.0).unwrap();
    assert!(matches!(asked.fit(&data(57 * DAY), 1), Err(ModelError::BadParameter { .. })));
    assert!(
        ModelSpec::new(ModelName::Popular).set("trend", 1.0).is_err(),
        "popularity is the evaluate_lists of others"
    );
}

#[test]
fn cut_hides_later_events() {
    let data = data(57 * DAY);
    assert_eq!(TrainingData::as_of(10 * DAY, 41, 20, events()).unwrap().interactions.n_entries(), 68);
    let (known, later) = data.cut_latest(0.05).unwrap().unwrap();
    assert!(known.interactions.n_entries() + later.n_entries() <= data.interactions.n_entries());
    assert!(later.rows().all(|row| row.columns.iter().all(|item| item % 10 == 8)), "only what is in vogue comes last");
    assert!(known.interactions.row(39).columns.iter().all(|item| item % 10 != 8));
    assert_eq!(TrainingData::new(data.interactions.clone()).cut_latest(0.1), Ok(None));
}

#[test]
fn tuning_for_the_future_finds_the_trend() {
    let data = data(54 * DAY);
    let options = TuneOptions { max_trials: 12, k: 3, held_out: 0.1, ..TuneOptions::new(3) };
    let families = [ModelName::Popular, ModelName::ItemKnn];
    let tuned = tune(&data, &families, &options, &|| 0.0, &mut |_| true).unwrap();
    assert_eq!(tuned.spec.name(), ModelName::ItemKnn);
    let untimed = TrainingData::new(data.interactions.clone());
    let future = TuneOptions { cut: ValidationCut::Future, ..options };
    assert!(tune(&untimed, &families, &future, &|| 0.0, &mut |_| true).is_err());
}

#[test]
fn winner_can_score_everyone_if_blends_are_searched() {
    let data = data(57 * DAY);
    let options = TuneOptions { max_trials: 1, k: 3, ..TuneOptions::new(3) };
    let tuned = tune(&data, &[ModelName::ItemKnn, ModelName::Blend], &options, &|| 0.0, &mut |_| true).unwrap();
    assert_eq!((tuned.spec.name(), tuned.trials[0].spec.name()), (ModelName::Blend, ModelName::ItemKnn));
    assert_eq!(recommend(tuned.model.as_ref(), &data.interactions, &[40], 3)[0].len(), 3);
    let alone = tune(&data, &[ModelName::ItemKnn], &options, &|| 0.0, &mut |_| true).unwrap();
    assert_eq!(alone.spec.name(), ModelName::ItemKnn);
    let ask = |model: &dyn zhihui_models::Recommender| recommend(model, &data.interactions, &[3, 8, 30], 5);
    assert_eq!(ask(tuned.model.as_ref()), ask(alone.model.as_ref()));
}

#[test]
fn each_span_is_predicted_from_earlier_events() {
    let data = data(57 * DAY);
    let options = |max_spans: usize, max_members: usize| TuneOptions {
        cut: ValidationCut::Spans { seconds: DAY, max_spans },
        max_trials: 1,
        k: 20,
        max_members,
        ..TuneOptions::new(3)
    };
    let searched = |max_spans: usize, max_members: usize| {
        tune(&data, &[ModelName::Popular], &options(max_spans, max_members), &|| 0.0, &mut |_| true)
            .unwrap()
            .validation_ndcg
    };
    let by_hand = |days: std::ops::Range<i64>| {
        let (mut sum, mut users) = (0.0, 0.0);
        for day in days {
            let split = time_cut(41, 20, &events(), day * DAY, (day + 1) * DAY).unwrap();
            let model = PopularityParams::default().fit(&split.train).unwrap();
            let measured = evaluate(&model, &split.train, &split.test, &[20], None).unwrap();
            sum += measured.mean(Metric::Ndcg, 20).unwrap() * measured.users().len() as f64;
            users += measured.users().len() as f64;
        }
        sum / users
    };
    assert!((searched(7, 4000) - by_hand(50..57)).abs() < 1e-12);
    assert!((searched(2, 4000) - by_hand(55..57)).abs() < 1e-12);
    assert_ne!(by_hand(50..57), by_hand(55..57));
    // There are three or four members a day, so the latest two days are enough for six.
    assert!((searched(7, 6) - by_hand(55..57)).abs() < 1e-12);
}

#[test]
fn progress_estimates_the_duration_of_the_last_fit() {
    let data = TrainingData::from_events(41, 20, &events()).unwrap();
    let clock = std::cell::Cell::new(0.0);
    let tick = || {
        clock.set(clock.get() + 1.0);
        clock.get()
    };
    let options = TuneOptions { max_trials: 4, ..TuneOptions::new(3) };
    let mut finishes = Vec::new();
    let families = [ModelName::Popular, ModelName::ItemKnn, ModelName::Rp3beta, ModelName::Blend];
    let tuned = tune(&data, &families, &options, &tick, &mut |progress| {
        assert!(progress.seconds > 0.0 && progress.best.is_some());
        finishes.push(progress.finish.fit);
        true
    });
    assert!(tuned.is_ok());
    assert!(finishes.iter().all(|&seconds| seconds >= 1.0), "a fit takes at least a tick: {finishes:?}");
}

#[test]
fn blend_recommends_popular_items_without_history() {
    let data = data(57 * DAY);
    let model = ModelSpec::new(ModelName::Blend).fit(&data, 1).unwrap();
    let popular = PopularityParams::default().fit(&data.interactions).unwrap();
    let of = |model: &dyn zhihui_models::Recommender| recommend(model, &data.interactions, &[40], 5);
    assert_eq!(of(model.as_ref()), of(&popular));
    let other = PopularityParams::default().fit(&UserItems::from_triplets(1, 3, [(0, 0, 1.0)]).unwrap()).unwrap();
    let blend = Blend::new(vec![(Box::new(popular) as Box<dyn zhihui_models::Recommender>, 1.0)]).unwrap();
    assert!(blend.with_fallback(Box::new(other)).is_err(), "it scores other items");
    assert!(model.serves(None, Row::EMPTY));
}

#[test]
fn member_without_history_gets_popular_items_of_the_segment() {
    let mut data = data(57 * DAY);
    let events =
        [GroupEvent { item: 13, weight: 1.0, group: Some(1) }, GroupEvent { item: 2, weight: 5.0, group: Some(0) }];
    let popularity = GroupPopularity::fit(20, 2, events).unwrap();
    data.segments = Some(SegmentPopularity { popularity, segments: vec![Some(1); 41] });
    let mut spec = ModelSpec::new(ModelName::Blend);
    spec.set("popular", 1.0).unwrap();
    spec.set("item_knn", 1.0).unwrap();
    let model = spec.fit(&data, 1).unwrap();
    let segment = data.segments.as_ref().unwrap();
    let lists = |model: &dyn zhihui_models::Recommender, user: u32| recommend(model, &data.interactions, &[user], 2);
    assert_eq!(lists(model.as_ref(), 40), lists(segment, 40), "member 40 did nothing");
    assert_ne!(lists(model.as_ref(), 3), lists(segment, 3));
}

#[test]
fn pooled_windows_count_every_pair_of_member_and_window_once() {
    let train = UserItems::from_triplets(4, 3, []).unwrap();
    let test = |pairs: &[(u32, u32)]| UserItems::from_triplets(4, 3, pairs.iter().map(|&(u, i)| (u, i, 1.0))).unwrap();
    let popular = PopularityParams::default().fit(&train).unwrap();
    let measured = |pairs: &[(u32, u32)]| evaluate(&popular, &train, &test(pairs), &[1], None).unwrap();
    let first = measured(&[(0, 0), (1, 1)]);
    let second = measured(&[(0, 0), (2, 1), (3, 0)]);
    let pooled = zhihui_models::evaluation::Evaluation::pooled(vec![first, second]).unwrap();
    assert_eq!(pooled.users(), [0, 1, 0, 2, 3]);
    assert_eq!(pooled.mean(Metric::Recall, 1), Ok(0.6));
    assert_eq!(pooled.served(), 5);
    let interval = pooled.interval(Metric::Recall, 1, Bootstrap::new(1)).unwrap();
    assert!(interval.low < 0.6 && interval.value == 0.6 && interval.high > 0.6);
    assert_eq!(zhihui_models::evaluation::Evaluation::pooled(Vec::new()), None);
}

#[test]
fn repeated_members_do_not_narrow_the_interval() {
    let values: Vec<f64> = (0..400).map(|at| f64::from(u8::from(at % 20 < 7))).collect();
    let apart: Vec<u32> = (0..400).collect();
    let together: Vec<u32> = (0..400).map(|at| at % 20).collect();
    let width = |members: &[u32]| {
        let interval = Bootstrap::new(2).mean_by_member(members, &values);
        assert!((interval.value - 0.35).abs() < 1e-12);
        interval.high - interval.low
    };
    assert!(width(&together) > 3.0 * width(&apart));
}

/// Each hour has a new item. A quarter of the members read it at once, a quarter an hour later, and half never.
fn news(hours: u32) -> Vec<Event> {
    let event = |hour: u32, user: u32| {
        let late = match (hour + user) % 4 {
            0 => 0,
            1 => 1,
            _ => return None,
        };
        let at = i64::from(hour + late) * 3600 + i64::from(user);
        Some(Event { user, item: hour, weight: 1.0, at })
    };
    (0..hours).flat_map(|hour| (0..30).filter_map(move |user| event(hour, user))).collect()
}

#[test]
fn half_life_of_hours_is_found() {
    let options = TuneOptions { cut: ValidationCut::Spans { seconds: 3600, max_spans: 8 }, ..TuneOptions::new(3) };
    let data = TrainingData::as_of(60 * 3600, 30, 60, news(60)).unwrap();
    let days = popularity_half_life(&data, &options).unwrap().unwrap();
    assert!(days < 0.3, "{days} days");
    let list =
        |spec: &ModelSpec| recommend(spec.fit(&data, 1).unwrap().as_ref(), &data.interactions, &[29], 1)[0].clone();
    let mut decayed = ModelSpec::new(ModelName::Popular);
    decayed.set("half_life_days", days).unwrap();
    assert!(list(&decayed)[0] >= 57, "{:?}", list(&decayed));
    let untimed = TrainingData::new(data.interactions.clone());
    assert_eq!(popularity_half_life(&untimed, &options).unwrap(), None);
    assert!(decayed.fit(&untimed, 1).is_err(), "a half-life needs times");
    decayed.set("half_life_days", -1.0).unwrap();
    assert!(decayed.fit(&data, 1).is_err());
}

#[test]
fn short_half_lives_do_not_underflow() {
    let ages = [(0, 400.0), (1, 500.0), (2, 500.5)];
    let model = PopularityParams { half_life_days: 1.0, ..PopularityParams::default() };
    let model = model.fit_recent(4, ages.into_iter()).unwrap();
    let mut scores = [0.0; 4];
    zhihui_models::Recommender::score_into(&model, None, Row::EMPTY, &mut scores);
    assert!(scores[0] == 1.0 && scores.iter().all(|score| score.is_finite()) && scores[1] > scores[2], "{scores:?}");
}
