//! Caps on pushes: how many a member received today, in seven days and in the calendar month.

use zhihui_data::snapshot::{EventKind, NO_TIME};

use super::{AudienceRequest, PushCaps, member_set::MemberSet, time};
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
    /// Members whose stored events may contain a push since the earliest of these.
    recently_pushed: MemberSet,
}

impl<'a> ActiveCaps<'a> {
    pub(super) fn of(engine: &'a Engine, overlay: &'a Overlay, request: &'a AudienceRequest, is_urgent: bool) -> Self {
        let snapshot = engine.snapshot();
        let month = snapshot.zone.month_start(time::utc(request.now)).timestamp();
        let week = request.now - 7 * DAY;
        let today = snapshot.zone.midnight(snapshot.zone.day(time::utc(request.now))).timestamp();
        let postings = engine.event_postings();
        let mut recently_pushed = MemberSet::from_rows(snapshot.members.id.len(), postings.irregular().iter().copied());
        for day in postings.of(EventKind::Push).days((month.min(week), i64::MAX)) {
            day.members().for_each(|row| recently_pushed.insert(row as usize));
        }
        Self { engine, overlay, caps: &request.caps, is_urgent, month, week, today, recently_pushed }
    }

    /// Checks that one more push respects `WeChat`'s cap and, unless the item is urgent, our own caps.
    pub(super) fn check(&self, row: usize) -> Result<(), &'static str> {
        let [in_month, in_week, in_day] = self.pushes(row);
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
    fn pushes(&self, row: usize) -> [u32; 3] {
        let live = self.overlay.member(row).live;
        if live.is_none() && !self.recently_pushed.contains(row) {
            return [0; 3];
        }
        let history = &self.engine.snapshot().history;
        let stored = history.of(row);
        let earliest = self.month.min(self.week);
        let first = stored.start + history.at[stored.clone()].partition_point(|&at| at < earliest);
        let stored = (first..stored.end).filter(|&event| history.kind[event] == EventKind::Push);
        let live = live.map_or(&[][..], |live| &live.events).iter().filter(|event| event.kind == EventKind::Push);
        let times = stored.map(|event| history.at[event]).chain(live.map(|event| event.at));
        let mut counts = [0; 3];
        for at in times.filter(|&at| at != NO_TIME) {
            for (count, begin) in counts.iter_mut().zip([self.month, self.week, self.today]) {
                *count += u32::from(at >= begin);
            }
        }
        counts
    }
}
