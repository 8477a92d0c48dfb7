//! Answers do not depend on the order of events, or on reads in between.

use proptest::prelude::{Just, Strategy, any, prop_assert_eq, proptest};
use proptest::sample::{Index, select};
use zhihui_engine::answer::{RecommendRequest, Recommendations, Who};
use zhihui_engine::audience::{AudienceRequest, Preview, Target};
use zhihui_engine::overlay::{LiveEvent, LiveKind};
use zhihui_engine::{Engine, Overlay};

use crate::fixture::{AS_OF, count_seats, engine_with};
use crate::recommend::request;

/// Members with and without an openid, and unknown ones.
const MEMBERS: [&str; 7] = ["M001", "M002", "M005", "M009", "M010", "new-1", "new-2"];
/// Openids of members of the snapshot, and unknown ones.
const OPENIDS: [&str; 5] = ["o001", "o002", "o005", "fresh-1", "fresh-2"];
const ITEMS: [&str; 6] = ["A04", "A06", "A08", "N00", "N03", "elsewhere"];

#[derive(Debug, Clone)]
struct EventCase {
    member: Option<usize>,
    openid: usize,
    item: usize,
    kind: usize,
    party: (u32, u32),
}

fn event_case() -> impl Strategy<Value = EventCase> {
    let who = (proptest::option::of(0..MEMBERS.len()), 0..OPENIDS.len());
    (who, 0..ITEMS.len(), 0..14_usize, (1..3_u32, 0..2_u32))
        .prop_map(|((member, openid), item, kind, party)| EventCase { member, openid, item, kind, party })
}

/// Applies an event to an overlay. Each has its own inbox number and time; some are within the same second.
fn take(engine: &Engine, overlay: &mut Overlay, place: usize, case: &EventCase) {
    let micros = AS_OF * 1_000_000 + place as i64 * 400_000;
    let openid = OPENIDS[case.openid];
    let (tickets, children) = case.party;
    let what = match case.kind {
        0 | 1 => LiveKind::Read,
        2 => LiveKind::Share,
        3 => LiveKind::Shown,
        4 | 5 => LiveKind::SignUp { tickets, children, waitlisted: false },
        6 => LiveKind::SignUp { tickets, children, waitlisted: true },
        7 => LiveKind::Cancel,
        8 => LiveKind::CheckIn,
        9 => LiveKind::Follow,
        10 => LiveKind::Unfollow,
        11 => LiveKind::OptOut,
        12 => LiveKind::OptIn,
        _ => LiveKind::Bind { openid },
    };
    let named = case.member.map(|member| MEMBERS[member]);
    let who = match what {
        LiveKind::Bind { .. } => Who::Member(named.unwrap_or(MEMBERS[case.item])),
        _ => named.map_or(Who::OpenId(openid), Who::Member),
    };
    let event = LiveEvent { who, item_id: Some(ITEMS[case.item]), at: micros.div_euclid(1_000_000), what };
    overlay.apply_received(engine, &event, micros, place as u64 + 1);
}

/// Lists, seats and audiences.
fn answers(engine: &Engine, overlay: &Overlay) -> (Vec<Recommendations>, Vec<String>, Vec<Preview>) {
    let everybody =
        || MEMBERS.map(Who::Member).into_iter().chain(OPENIDS.map(Who::OpenId)).chain([Who::Member("M000")]);
    let short = |who| RecommendRequest { n: 6, ..request(who) };
    let lists = everybody().flat_map(|who| [request(who), short(who)]);
    let lists = lists.map(|request| engine.recommend(overlay, &request)).collect();
    let verdict = |who, item| format!("{:?}", engine.eligibility(overlay, who, item, AS_OF + 60));
    let verdicts = everybody().flat_map(|who| ITEMS.map(|item| verdict(who, item))).collect();
    let audience = |item: &str| {
        let request = AudienceRequest::new(Target::Item(item.into()), AS_OF + 60);
        engine.audience(overlay, &request, &|_| None).expect("made").preview
    };
    (lists, verdicts, vec![audience("A04"), audience("N02")])
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(200))]

    #[test]
    fn answers_do_not_depend_on_event_order(
        (events, order) in proptest::collection::vec(event_case(), 1..40).prop_flat_map(|events| {
            let order: Vec<usize> = (0..events.len()).collect();
            (Just(events), Just(order).prop_shuffle())
        }),
        cut in any::<Index>(),
        seed in select(vec![1_u64, 2, 3]),
    ) {
        let engine = engine_with(seed, |snapshot| {
            count_seats(snapshot);
            snapshot.items.capacity = snapshot.items.seats_taken.iter().map(|taken| taken + 3).collect();
            snapshot.items.per_union_cap = snapshot.items.seats_taken.iter().map(|taken| taken + 2).collect();
        });
        let filled = |order: &[usize]| {
            let mut overlay = Overlay::default();
            order.iter().for_each(|&place| take(&engine, &mut overlay, place, &events[place]));
            overlay
        };
        let cut = cut.index(order.len());
        let begun = filled(&order[..cut]);
        let seen = answers(&engine, &begun);
        let mut whole = begun.clone();
        order[cut..].iter().for_each(|&place| take(&engine, &mut whole, place, &events[place]));

        let in_order: Vec<usize> = (0..events.len()).collect();
        prop_assert_eq!(answers(&engine, &whole), answers(&engine, &filled(&in_order)));
        // Events applied to a clone do not change the original.
        let mut sorted = order[..cut].to_vec();
        sorted.sort_unstable();
        prop_assert_eq!(&answers(&engine, &begun), &seen);
        prop_assert_eq!(seen, answers(&engine, &filled(&sorted)));
    }
}
