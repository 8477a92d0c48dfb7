//! Caps on pushes: how many a member received today, in seven days and in the calendar month.

use zhihui_data::snapshot::{EventKind, NO_TIME};

use super::{AudienceRequest, PushCaps, time};
use crate::{Engine, Overlay};

const DAY: i64 = 86_400;

/// The caps of a request, as one test of a member.
pub(super) struct ActiveCaps<'a> {
    engine: &'a Engine,
    overlay: &'a Overlay,
    caps: &'a PushCaps,
    is_urgent: bool,
    /// Begins of the periods.
    month: i64,
    week: i64,
    today: i64,
    /// By member, the most pushes that the stored events can contain since the earliest of these; 255 for many or unknown.
    most_stored: Vec<u8>,
    /// The fewest pushes that reach any of the caps.
    lowest_cap: u32,
}

impl<'a> ActiveCaps<'a> {
    pub(super) fn of(engine: &'a Engine, overlay: &'a Overlay, request: &'a AudienceRequest, is_urgent: bool) -> Self {
        let snapshot = engine.snapshot();
        let month = snapshot.zone.month_start(time::utc(request.now)).timestamp();
        let week = request.now - 7 * DAY;
        let today = snapshot.zone.midnight(snapshot.zone.day(time::utc(request.now))).timestamp();
        let postings = engine.event_postings();
        let mut most_stored = vec![0_u8; snapshot.members.id.len()];
        for day in postings.of(EventKind::Push).days((month.min(week), i64::MAX)) {
            day.members().for_each(|row| most_stored[row as usize] = most_stored[row as usize].saturating_add(1));
        }
        postings.irregular().iter().for_each(|&row| most_stored[row as usize] = u8::MAX);
        let caps = &request.caps;
        let own = [caps.own_per_month, caps.own_per_7_days, caps.own_per_day].into_iter().flatten();
        let lowest_cap = own.filter(|_| !is_urgent).fold(caps.per_month, u32::min);
        Self { engine, overlay, caps, is_urgent, month, week, today, most_stored, lowest_cap }
    }

    /// Checks that one more push respects `WeChat`'s cap and, unless the item is urgent, our own caps.
    pub(super) fn check(&self, row: usize) -> Result<(), &'static str> {
        let live = self.overlay.member(row).live;
        let live = live.map_or(&[][..], |live| &live.events).iter().filter(|event| event.kind == EventKind::Push);
        let live = live.map(|event| event.at);
        // Most members are far below all caps, which needs no look at their events.
        let most = u32::from(self.most_stored[row]) + live.clone().count() as u32;
        if most < self.lowest_cap.min(u32::from(u8::MAX)) {
            return Ok(());
        }
        let [in_month, in_week, in_day] = self.pushes(row, live);
        let over = |cap: Option<u32>, count: u32| cap.is_some_and(|cap| count >= cap);
        let caps = self.caps;
        if in_month >= caps.per_month {
            Err("wechat_cap")
        } else if !self.is_urgent
            && (over(caps.own_per_month, in_month)
                || over(caps.own_per_7_days, in_week)
                || over(caps.own_per_day, in_day))
        {
            Err("own_cap")
        } else {
            Ok(())
        }
    }

    /// Pushes of the arm `push` in this month, within seven days, and today.
    fn pushes(&self, row: usize, live: impl Iterator<Item = i64>) -> [u32; 3] {
        let history = &self.engine.snapshot().history;
        let stored = history.of(row);
        let earliest = self.month.min(self.week);
        let stored = history.since(stored, earliest).filter(|&event| history.kind(event) == EventKind::Push);
        let times = stored.map(|event| history.at(event)).chain(live);
        let mut counts = [0; 3];
        for at in times.filter(|&at| at != NO_TIME) {
            for (count, begin) in counts.iter_mut().zip([self.month, self.week, self.today]) {
                *count += u32::from(at >= begin);
            }
        }
        counts
    }
}
