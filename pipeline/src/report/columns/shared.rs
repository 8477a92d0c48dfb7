//! Keeps the columns of the newest versions and lends them to reports.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use rayon::prelude::*;
use tokio::sync::Mutex;
use zhihui_data::Zone;

use super::day_columns::DayColumns;
use super::event_columns::EventColumns;
use super::ids::Ids;
use super::item_columns::ItemColumns;
use super::member_columns::MemberColumns;
use super::raw_columns::RawColumns;
use super::shown_columns::ShownColumns;
use super::sign_up_columns::{Rater, Rating, SignUp, SignUps, read_ratings, read_sign_ups};
use crate::lake::{DataFile, LakeTable, OpenedTables};
use crate::report::ReportError;
use crate::report::account::AccountStatistics;
use crate::report::counting::SharedRows;
use crate::report::open_tables::OpenTables;
use crate::report::sql_session::SqlSession;
use crate::report::unions::Unions;

/// The tables of reports in memory. Reports that need more than the limit query the lake instead.
#[derive(Debug)]
pub struct ReportTables {
    limit: usize,
    pub(in crate::report) are_counted: bool,
    kept: Mutex<Kept>,
    pub(in crate::report) rows: SharedRows,
    pub(in crate::report) opened: Arc<OpenedTables>,
    unions: Mutex<Option<(Vec<String>, Arc<Unions>)>>,
    /// WeChat's statistics.
    pub(in crate::report) account: Mutex<Option<Arc<AccountStatistics>>>,
}

/// What one report reads.
#[derive(Debug)]
pub(in crate::report) struct ReportColumns {
    pub(in crate::report) events: Vec<Arc<EventColumns>>,
    /// Whether these are the events of all files.
    pub(in crate::report) are_all: bool,
    /// The days of the same files.
    pub(in crate::report) days: Vec<Option<Arc<DayColumns>>>,
    pub(in crate::report) shown: Vec<Arc<ShownColumns>>,
    pub(in crate::report) members: Arc<MemberColumns>,
    pub(in crate::report) items: Arc<ItemColumns>,
    pub(in crate::report) sign_ups: Arc<SignUps>,
    pub(in crate::report) ratings: Arc<Vec<Rating>>,
    /// Numbers of ids of members, items and pushes.
    pub(in crate::report) member_ids: Arc<Ids>,
    pub(in crate::report) item_ids: Arc<Ids>,
    pub(in crate::report) push_ids: Arc<Ids>,
}

impl ReportColumns {
    /// An instant before which nothing was done, in microseconds since 1970.
    pub(in crate::report) fn first_instant(&self) -> i64 {
        let events = self.events.iter().map(|events| events.times.0);
        let sign_ups = self.sign_ups.iter().find_map(SignUp::known_at);
        let ratings = self.ratings.iter().map(|rating| rating.at);
        let starts = self.items.iter().filter_map(|(_, item)| item.starts_at);
        let active = self.members.first_active_at.iter().flatten().copied();
        events.chain(sign_ups).chain(ratings).chain(starts).chain(active).min().unwrap_or(i64::MAX)
    }

    /// The last of the instants that counts compare with the instant of a report, in microseconds since 1970. Sign-ups are not
    /// among them: reports take their state.
    pub(in crate::report) fn last_instant(&self) -> i64 {
        let events = self.events.iter().map(|events| events.times.1);
        let shown = self.shown.iter().map(|shown| shown.times.1);
        let ratings = self.ratings.iter().map(|rating| rating.at);
        events.chain(shown).chain(ratings).chain(self.members.last_joined).max().unwrap_or(i64::MIN)
    }
}

#[derive(Debug, Default)]
struct Kept {
    /// By path of the file. Paths are never used twice.
    events: HashMap<String, Arc<EventColumns>>,
    /// The days of `events`; `None` for a file over too many days.
    days: HashMap<String, Option<Arc<DayColumns>>>,
    /// By the number of a member's id whether the lake describes the member, as the days know it.
    is_member: Vec<bool>,
    shown: HashMap<String, Arc<ShownColumns>>,
    members: Option<(Source, Arc<MemberColumns>)>,
    items: Option<(Source, Arc<ItemColumns>)>,
    sign_ups: Option<(Source, Arc<SignUps>)>,
    ratings: Option<(Source, Arc<Vec<Rating>>)>,
    /// With the versions of the raw tables.
    raw: Option<(Vec<i64>, Arc<RawColumns>)>,
    member_ids: Arc<Ids>,
    item_ids: Arc<Ids>,
    push_ids: Arc<Ids>,
    /// The files in which [`Kept::has_unknown_member`] has looked.
    searched: [BTreeSet<String>; 4],
}

/// The files that columns were read from, and the zone of their months.
type Source = (Vec<String>, Zone);

impl ReportTables {
    /// Tables that take at most this much memory. See [`Self::bytes`].
    #[must_use]
    pub fn new(limit_bytes: usize) -> Self {
        Self {
            limit: limit_bytes,
            are_counted: true,
            kept: Mutex::default(),
            rows: SharedRows::new(limit_bytes / 4),
            opened: Arc::default(),
            unions: Mutex::default(),
            account: Mutex::default(),
        }
    }

    /// Runs all queries as SQL over the events in memory, as it runs those that have no count. For tests.
    #[must_use]
    pub fn without_counts(self) -> Self {
        Self { are_counted: false, ..self }
    }

    /// Memory of the columns in bytes, about: 11 an event, 8 a day of a member, 58 a member and the texts.
    pub async fn bytes(&self) -> usize {
        self.kept.lock().await.bytes()
    }

    /// Whether an id of a member is in memory. Once a report was made after an erasure, that of the erased member is not.
    pub async fn knows_member(&self, id: &str) -> bool {
        self.kept.lock().await.member_ids.number(id).is_some()
    }

    /// The unions of the newest version.
    pub(in crate::report) async fn unions(&self, tables: &OpenTables) -> Result<Arc<Unions>, ReportError> {
        let table = tables.built("union_activity")?;
        let source = paths(table);
        let mut kept = self.unions.lock().await;
        match &*kept {
            Some((of, unions)) if *of == source => Ok(Arc::clone(unions)),
            _ => {
                let unions = Arc::new(Unions::read(table).await?);
                *kept = Some((source, Arc::clone(&unions)));
                Ok(unions)
            }
        }
    }

    /// What reports count of the raw tables, which a session reads unless it is in memory.
    pub(in crate::report) async fn raw(&self, session: &SqlSession) -> Result<Arc<RawColumns>, ReportError> {
        let versions = session.raw_versions().await?;
        let mut kept = self.kept.lock().await;
        match &kept.raw {
            Some((of, raw)) if *of == versions => Ok(Arc::clone(raw)),
            _ => {
                let raw = Arc::new(RawColumns::read(session).await?);
                kept.raw = Some((versions, Arc::clone(&raw)));
                Ok(raw)
            }
        }
    }

    /// Reads what is not in memory yet. Returns `None` if the events since `earliest` need more than the limit.
    pub(in crate::report) async fn load(
        &self,
        tables: &OpenTables,
        earliest: i64,
        zone: Zone,
    ) -> Result<Option<ReportColumns>, ReportError> {
        let interactions = tables.built("interactions")?;
        let of_version = interactions.files();
        let needed = |file: &&DataFile| file.time_range.is_none_or(|(_, last)| last >= earliest);
        let needed: Vec<&DataFile> = of_version.iter().filter(needed).collect();
        let members = tables.built("member_states")?;
        let estimated: usize = needed.iter().map(|file| estimated_bytes(file)).sum();
        if estimated + members.rows() * 100 > self.limit {
            return Ok(None);
        }
        let mut kept = self.kept.lock().await;
        let is_current = |path: &str| of_version.iter().any(|file| file.path == *path);
        kept.retain(is_current);
        let is_missing = |file: &&&DataFile| !kept.events.contains_key(&file.path);
        let missing: usize = needed.iter().filter(is_missing).map(|file| estimated_bytes(file)).sum();
        if kept.bytes() + missing > self.limit {
            kept.retain(|path| needed.iter().any(|file| file.path == *path));
        }
        let columns = kept.columns(tables, &needed, zone).await?;
        if !kept.has_unknown_member() {
            return Ok(Some(columns));
        }
        // An erased member, whose id must not stay in memory.
        *kept = Kept::default();
        kept.columns(tables, &needed, zone).await.map(Some)
    }
}

impl Kept {
    async fn columns(
        &mut self,
        tables: &OpenTables,
        files: &[&DataFile],
        zone: Zone,
    ) -> Result<ReportColumns, ReportError> {
        let interactions = tables.built("interactions")?;
        // First the members, so that the numbers of their ids are in the order of their rows.
        let members = self.members_of(tables.built("member_states")?, zone).await?;
        let (events, shown) = (self.events_of(interactions, files).await?, self.shown_of(interactions, files).await?);
        let days = self.days_of(files, &members, zone);
        let items = self.items_of(tables).await?;
        let (sign_ups, ratings) = (self.sign_ups_of(tables).await?, self.ratings_of(tables).await?);
        Ok(ReportColumns {
            events,
            are_all: files.len() == interactions.files().len(),
            days,
            shown,
            members,
            items,
            sign_ups,
            ratings,
            member_ids: Arc::clone(&self.member_ids),
            item_ids: Arc::clone(&self.item_ids),
            push_ids: Arc::clone(&self.push_ids),
        })
    }

    /// Whether an id is in memory that no kept column has any more. Looks once after each change of the columns.
    fn has_unknown_member(&mut self) -> bool {
        let paths = |source: Option<&Source>| source.map(|(paths, _)| paths.clone()).unwrap_or_default();
        let sources = [
            self.events.keys().chain(self.shown.keys()).cloned().collect::<BTreeSet<String>>(),
            paths(self.members.as_ref().map(|(source, _)| source)).into_iter().collect(),
            paths(self.sign_ups.as_ref().map(|(source, _)| source)).into_iter().collect(),
            paths(self.ratings.as_ref().map(|(source, _)| source)).into_iter().collect(),
        ];
        if std::mem::replace(&mut self.searched, sources.clone()) == sources {
            return false;
        }
        let mut is_known = vec![false; self.member_ids.len()];
        let members = self.members.iter().flat_map(|(_, members)| members.ids.iter().copied());
        let events = self.events.values().flat_map(|events| events.members.iter().copied());
        let shown = self.shown.values().flat_map(|shown| shown.rows.iter().map(|row| row.0));
        let sign_ups = self.sign_ups.iter().flat_map(|(_, sign_ups)| sign_ups.iter().map(|sign_up| sign_up.member));
        let raters = self.ratings.iter().flat_map(|(_, ratings)| ratings.iter().map(|rating| &rating.rater));
        let raters = raters.filter_map(|rater| match rater {
            Rater::Member(member) => Some(*member),
            Rater::Openid(_) => None,
        });
        let events = events.chain(shown);
        members.chain(events).chain(sign_ups).chain(raters).for_each(|member| is_known[member as usize] = true);
        is_known.contains(&false)
    }

    async fn events_of(
        &mut self,
        table: &LakeTable,
        files: &[&DataFile],
    ) -> Result<Vec<Arc<EventColumns>>, ReportError> {
        let mut events = Vec::with_capacity(files.len());
        for file in files {
            if let Some(known) = self.events.get(&file.path) {
                events.push(Arc::clone(known));
                continue;
            }
            let (members, items) = (Arc::make_mut(&mut self.member_ids), Arc::make_mut(&mut self.item_ids));
            let read = EventColumns::read(table, file, members, items, Arc::make_mut(&mut self.push_ids)).await?;
            let read = Arc::new(read);
            self.events.insert(file.path.clone(), Arc::clone(&read));
            events.push(read);
        }
        Ok(events)
    }

    /// Makes the days of events that have none yet, on all processors.
    fn days_of(&mut self, files: &[&DataFile], members: &MemberColumns, zone: Zone) -> Vec<Option<Arc<DayColumns>>> {
        let mut is_member = vec![false; self.member_ids.len()];
        members.ids.iter().for_each(|&id| is_member[id as usize] = true);
        if !is_member.starts_with(&self.is_member) {
            self.days.clear();
        }
        self.days.retain(|_, days| days.as_ref().is_none_or(|days| days.zone == zone));
        let missing: Vec<(String, Arc<EventColumns>)> = files
            .iter()
            .filter(|file| !self.days.contains_key(&file.path))
            .filter_map(|file| Some((file.path.clone(), Arc::clone(self.events.get(&file.path)?))))
            .collect();
        let made = missing.into_par_iter().with_max_len(1).map(|(path, events)| {
            let days = DayColumns::of(&events, &is_member, zone).map(Arc::new);
            (path, days)
        });
        self.days.par_extend(made);
        self.is_member = is_member;
        files.iter().map(|file| self.days.get(&file.path).cloned().flatten()).collect()
    }

    /// Keeps the columns of some files.
    fn retain(&mut self, is_kept: impl Fn(&str) -> bool) {
        self.events.retain(|path, _| is_kept(path));
        self.days.retain(|path, _| is_kept(path));
        self.shown.retain(|path, _| is_kept(path));
    }

    async fn shown_of(
        &mut self,
        table: &LakeTable,
        files: &[&DataFile],
    ) -> Result<Vec<Arc<ShownColumns>>, ReportError> {
        let mut shown = Vec::new();
        for file in files.iter().filter(|file| ShownColumns::are_in(file)) {
            if let Some(known) = self.shown.get(&file.path) {
                shown.push(Arc::clone(known));
                continue;
            }
            let (members, items) = (Arc::make_mut(&mut self.member_ids), Arc::make_mut(&mut self.item_ids));
            let read = Arc::new(ShownColumns::read(table, file, members, items).await?);
            self.shown.insert(file.path.clone(), Arc::clone(&read));
            shown.push(read);
        }
        Ok(shown)
    }

    async fn members_of(&mut self, table: &LakeTable, zone: Zone) -> Result<Arc<MemberColumns>, ReportError> {
        let source = (paths(table), zone);
        if let Some((of, members)) = &self.members
            && *of == source
        {
            return Ok(Arc::clone(members));
        }
        let members = Arc::new(MemberColumns::read(table, Arc::make_mut(&mut self.member_ids), zone).await?);
        self.members = Some((source, Arc::clone(&members)));
        Ok(members)
    }

    async fn items_of(&mut self, tables: &OpenTables) -> Result<Arc<ItemColumns>, ReportError> {
        let (items, topics) = (tables.built("items")?, tables.built("item_topics")?);
        let source = (paths(items).into_iter().chain(paths(topics)).collect(), Zone::default());
        if let Some((of, items)) = &self.items
            && *of == source
        {
            return Ok(Arc::clone(items));
        }
        let items = Arc::new(ItemColumns::read(items, topics, Arc::make_mut(&mut self.item_ids)).await?);
        self.items = Some((source, Arc::clone(&items)));
        Ok(items)
    }

    async fn sign_ups_of(&mut self, tables: &OpenTables) -> Result<Arc<SignUps>, ReportError> {
        let table = tables.built("sign_up_states")?;
        let source = (paths(table), Zone::default());
        if let Some((of, sign_ups)) = &self.sign_ups
            && *of == source
        {
            return Ok(Arc::clone(sign_ups));
        }
        let (members, items) = (Arc::make_mut(&mut self.member_ids), Arc::make_mut(&mut self.item_ids));
        let sign_ups = Arc::new(read_sign_ups(table, members, items).await?);
        self.sign_ups = Some((source, Arc::clone(&sign_ups)));
        Ok(sign_ups)
    }

    async fn ratings_of(&mut self, tables: &OpenTables) -> Result<Arc<Vec<Rating>>, ReportError> {
        let Some(table) = &tables.feedback else { return Ok(Arc::default()) };
        let source = (paths(table), Zone::default());
        if let Some((of, ratings)) = &self.ratings
            && *of == source
        {
            return Ok(Arc::clone(ratings));
        }
        let (members, items) = (Arc::make_mut(&mut self.member_ids), Arc::make_mut(&mut self.item_ids));
        let ratings = Arc::new(read_ratings(table, members, items).await?);
        self.ratings = Some((source, Arc::clone(&ratings)));
        Ok(ratings)
    }

    fn bytes(&self) -> usize {
        let events: usize = self.events.values().map(|events| events.bytes()).sum();
        let days: usize = self.days.values().flatten().map(|days| days.bytes()).sum();
        let shown: usize = self.shown.values().map(|shown| shown.bytes()).sum();
        let members = self.members.as_ref().map_or(0, |(_, members)| members.bytes());
        let items = self.items.as_ref().map_or(0, |(_, items)| items.bytes());
        let sign_ups = self.sign_ups.as_ref().map_or(0, |(_, sign_ups)| sign_ups.bytes());
        let ratings = self.ratings.as_ref().map_or(0, |(_, ratings)| ratings.len() * size_of::<Rating>());
        let ids = self.member_ids.bytes() + self.item_ids.bytes() + self.push_ids.bytes();
        let raw = self.raw.as_ref().map_or(0, |(_, raw)| raw.bytes());
        events + days + shown + members + items + sign_ups + ratings + raw + ids
    }
}

fn estimated_bytes(file: &DataFile) -> usize {
    if ShownColumns::are_in(file) { file.rows * 16 } else { EventColumns::estimated_bytes(file) }
}

fn paths(table: &LakeTable) -> Vec<String> {
    table.files().into_iter().map(|file| file.path).collect()
}
