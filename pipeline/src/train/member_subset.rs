//! A snapshot of some of the members.

use zhihui_data::snapshot::{Lists, LoggedPlace, Members, Propensities, SignUps, Snapshot};

/// Returns the snapshot with the members `chosen`, which are row numbers in ascending order, and what they did.
///
/// The history shares its columns. Items and unions are complete. The model, openids other than the current ones and events without a
/// member are left out.
pub(super) fn member_subset(snapshot: &Snapshot, chosen: &[usize]) -> Snapshot {
    let members = &snapshot.members;
    Snapshot {
        version: snapshot.version.clone(),
        as_of: snapshot.as_of,
        inbox: snapshot.inbox.clone(),
        inbox_sequence: snapshot.inbox_sequence,
        zone: snapshot.zone,
        topics: snapshot.topics.clone(),
        sensitive_topics: snapshot.sensitive_topics.clone(),
        districts: snapshot.districts.clone(),
        age_bands: snapshot.age_bands.clone(),
        unions: snapshot.unions.clone(),
        items: snapshot.items.clone(),
        sign_ups: sign_ups(&snapshot.sign_ups, chosen),
        members: Members {
            id: select(&members.id, chosen),
            openid: select(&members.openid, chosen),
            union: select(&members.union, chosen),
            memberships: Lists::from_rows(chosen.iter().map(|&member| members.memberships.row(member))),
            age: select(&members.age, chosen),
            age_band: select(&members.age_band, chosen),
            gender: select(&members.gender, chosen),
            home_district: select(&members.home_district, chosen),
            work_district: select(&members.work_district, chosen),
            joined_at: select(&members.joined_at, chosen),
            follows: select(&members.follows, chosen),
            personalised: select(&members.personalised, chosen),
            team_match: select(&members.team_match, chosen),
            lifecycle: select(&members.lifecycle, chosen),
            segment: select(&members.segment, chosen),
        },
        history: snapshot.history.of_members(chosen),
        undescribed: snapshot.undescribed.clone(),
        propensities: propensities(&snapshot.propensities, chosen),
        ..Snapshot::default()
    }
}

fn sign_ups(all: &SignUps, chosen: &[usize]) -> SignUps {
    let mut selected = SignUps { starts: vec![0], ..SignUps::default() };
    for &member in chosen {
        let rows = all.of(member);
        selected.item.extend_from_slice(&all.item[rows.clone()]);
        selected.status.extend_from_slice(&all.status[rows.clone()]);
        selected.tickets.extend_from_slice(&all.tickets[rows.clone()]);
        selected.children.extend_from_slice(&all.children[rows]);
        selected.starts.push(selected.item.len() as u64);
    }
    selected
}

fn propensities(all: &Propensities, chosen: &[usize]) -> Propensities {
    let of_member = |(place, member): (usize, &usize)| {
        let from = all.member.partition_point(|&known| (known as usize) < *member);
        let until = all.member.partition_point(|&known| known as usize <= *member);
        (from..until).map(move |row| LoggedPlace {
            member: place as u32,
            item: all.item[row],
            at: all.at[row],
            propensity: all.propensity[row],
            explored: all.explored[row],
        })
    };
    Propensities::from_rows(chosen.iter().enumerate().flat_map(of_member))
}

fn select<T: Clone>(column: &[T], chosen: &[usize]) -> Vec<T> {
    chosen.iter().map(|&member| column[member].clone()).collect()
}
