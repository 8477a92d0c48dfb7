//! Simulates the period day by day. Only future events are held in memory.

use std::collections::{BTreeMap, HashMap};

use super::article_reads::ArticleReads;
use super::articles::Article;
use super::daily_files::DailyFiles;
use super::error::SampleError;
use super::exposures::{Exposure, Lists};
use super::output::OutputFolder;
use super::pushes::{self, Item};
use super::random::RandomStream;
use super::reading::{self, Channel, Read, Readers};
use super::seats::{self, Request};
use super::time::{DAY, SampleTime};
use super::world::World;
use super::{demand, rows};

/// Counts for the summary.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) pushed: u64,
    pub(super) held_out: u64,
    pub(super) reads_by_push: u64,
    pub(super) requests_by_push: u64,
}

/// Runs the simulation and writes its files.
///
/// # Errors
/// [`SampleError::Write`].
pub(super) fn run(
    world: &World<'_>,
    output: &mut OutputFolder<'_>,
    progress: &mut dyn FnMut(&str, u64),
) -> Result<Counts, SampleError> {
    let mut simulation = Simulation::new(world);
    // Lists are shown in the last two fifths of the period.
    let lists_from = world.period.days() * 3 / 5;
    for day in 0..world.period.days() {
        simulation.publish(day);
        simulation.open(day);
        simulation.push(day, output)?;
        if day >= lists_from {
            simulation.show_lists(day, output)?;
        }
        simulation.close(day, output)?;
        simulation.write_reads(day, output)?;
        progress("reads", simulation.files.reads);
    }
    simulation.files.flush(world, output)?;
    progress("reads", simulation.files.reads);
    simulation.close_remaining(output)?;
    rows::write_feedback(world, &mut simulation.feedback, output)?;
    simulation.files.identified.write(world, output)?;
    Ok(simulation.counts)
}

struct Simulation<'a> {
    world: &'a World<'a>,
    readers: Readers,
    lists: Lists<'a>,
    announcements: HashMap<u32, u32>,
    article_reads: ArticleReads,
    /// Sign-up requests by activity, until its sign-up closes.
    requests: Vec<Vec<Request>>,
    opened: usize,
    published: usize,
    /// Reads by day.
    pending: BTreeMap<i64, Vec<Read>>,
    feedback: Vec<rows::Feedback>,
    files: DailyFiles,
    read_rng: RandomStream,
    request_rng: RandomStream,
    push_rng: RandomStream,
    show_rng: RandomStream,
    seat_rng: RandomStream,
    counts: Counts,
}

impl<'a> Simulation<'a> {
    fn new(world: &'a World<'a>) -> Self {
        let seed = world.options.seed;
        let announced = |(number, article): (u32, &Article)| article.activity.map(|activity| (activity, number));
        Self {
            world,
            readers: Readers::new(world.members),
            lists: Lists::new(world.articles, world.activities, world.members, world.unions, world.period),
            announcements: (0_u32..).zip(world.articles).filter_map(announced).collect(),
            article_reads: ArticleReads::new(world),
            requests: world.activities.iter().map(|_| Vec::new()).collect(),
            opened: 0,
            published: 0,
            pending: BTreeMap::new(),
            feedback: Vec::new(),
            files: DailyFiles::new(seed),
            read_rng: RandomStream::new(seed, "reading"),
            request_rng: RandomStream::new(seed, "wishing"),
            push_rng: RandomStream::new(seed, "pushing"),
            show_rng: RandomStream::new(seed, "showing"),
            seat_rng: RandomStream::new(seed, "seating"),
            counts: Counts::default(),
        }
    }

    /// Generates the reads of the day's articles. Readers of an announcement may sign up.
    fn publish(&mut self, day: i64) {
        let World { members, articles, .. } = *self.world;
        while let Some(article) = articles.get(self.published).filter(|article| article.published < (day + 1) * DAY) {
            self.published += 1;
            for read in self.article_reads.of_next(self.world, &self.readers, &mut self.read_rng) {
                self.pending.entry(read.at.div_euclid(DAY)).or_default().push(read);
                let Some(activity) = article.activity else { continue };
                let interest = members[read.member as usize].affinity(article.topic, article.theme).min(4.0);
                if self.request_rng.chance(0.07 * interest.sqrt()) {
                    let at = read.at + self.request_rng.between(60, 1_500);
                    self.request_sign_up(activity, read.member, at);
                }
            }
        }
    }

    /// Generates requests for the activities whose sign-up opens today.
    fn open(&mut self, day: i64) {
        let World { period, unions, members, activities, .. } = *self.world;
        while let Some(activity) = activities.get(self.opened).filter(|activity| activity.opens < (day + 1) * DAY) {
            let requests = demand::organic(activity, members, unions, &self.readers, period, &mut self.request_rng);
            self.requests[self.opened].extend(requests);
            self.opened += 1;
        }
    }

    /// Adds a sign-up request if the rules admit the member.
    fn request_sign_up(&mut self, activity: u32, member: u32, at: SampleTime) -> bool {
        let World { period, unions, members, activities, .. } = *self.world;
        let activity_wanted = &activities[activity as usize];
        let admitted =
            activity_wanted.is_open(at) && activity_wanted.admits(&members[member as usize], unions, period.date(at));
        if admitted {
            self.requests[activity as usize].push(Request { at, member });
        }
        admitted
    }

    fn push(&mut self, day: i64, output: &mut OutputFolder<'_>) -> Result<(), SampleError> {
        let World { period, members, activities, articles, .. } = *self.world;
        let Some(push) = pushes::of_day(day, self.world, &self.requests, &mut self.push_rng) else {
            return Ok(());
        };
        for &(member, held_out) in &push.members {
            if held_out {
                self.counts.held_out += 1;
                continue;
            }
            self.counts.pushed += 1;
            let (article, activity) = match push.item {
                Item::Article(number) => (Some(number), articles[number as usize].activity),
                Item::Activity(number) => (self.announcements.get(&number).copied(), Some(number)),
            };
            let (topic, theme) = match push.item {
                Item::Article(number) => (articles[number as usize].topic, articles[number as usize].theme),
                Item::Activity(number) => {
                    (activities[number as usize].template.topic, activities[number as usize].theme)
                }
            };
            if !self.push_rng.chance(pushes::effect(&members[member as usize], topic, theme)) {
                continue;
            }
            let at = period.after_delay(&mut self.push_rng, push.at, 9_000.0);
            if let Some(number) = article {
                let count = self.add_read(number, member, at, Channel::Push);
                self.counts.reads_by_push += count;
            }
            if let Some(activity) = activity.filter(|_| self.push_rng.chance(0.6)) {
                let at = at + self.push_rng.between(30, 900);
                self.counts.requests_by_push +=
                    u64::from(at < period.end && self.request_sign_up(activity, member, at));
            }
        }
        self.files.push(self.world, push, output)
    }

    fn add_read(&mut self, article: u32, member: u32, at: SampleTime, channel: Channel) -> u64 {
        let World { period, members, articles, .. } = *self.world;
        let read = &articles[article as usize];
        let read = reading::read(article, read, member, at, channel, members, period, &mut self.read_rng);
        self.pending.entry(at.div_euclid(DAY)).or_default().extend(read);
        u64::from(read.is_some())
    }

    fn show_lists(&mut self, day: i64, output: &mut OutputFolder<'_>) -> Result<(), SampleError> {
        let mut shown: Vec<Exposure> = self.lists.of_day(day, self.world.options, &mut self.show_rng);
        shown.sort_unstable();
        shown.dedup_by_key(|exposure| (exposure.at, exposure.member, exposure.item));
        for exposure in shown.iter().filter(|exposure| exposure.clicked) {
            match exposure.item {
                Item::Article(article) => {
                    let at = exposure.at + self.show_rng.between(2, 20);
                    self.add_read(article, exposure.member, at, Channel::List);
                }
                Item::Activity(activity) => {
                    let at = exposure.at + self.show_rng.between(20, 400);
                    self.request_sign_up(activity, exposure.member, at);
                }
            }
        }
        self.files.shown(self.world, day, shown, output)
    }

    /// Allocates the seats of activities whose sign-up closes today.
    fn close(&mut self, day: i64, output: &mut OutputFolder<'_>) -> Result<(), SampleError> {
        for number in 0..self.opened {
            let closes = self.world.activities[number].closes;
            if closes.is_some_and(|closes| closes.div_euclid(DAY) == day && closes <= self.world.period.end) {
                self.allocate_seats(number, day * DAY, output)?;
            }
        }
        Ok(())
    }

    /// Allocates the seats of activities still open at the end of the data.
    fn close_remaining(&mut self, output: &mut OutputFolder<'_>) -> Result<(), SampleError> {
        for number in 0..self.opened {
            if !self.requests[number].is_empty() {
                self.allocate_seats(number, self.world.period.end - 1, output)?;
            }
        }
        Ok(())
    }

    fn allocate_seats(
        &mut self,
        number: usize,
        at: SampleTime,
        output: &mut OutputFolder<'_>,
    ) -> Result<(), SampleError> {
        let World { period, members, activities, .. } = *self.world;
        let requests = std::mem::take(&mut self.requests[number]);
        let sign_ups = seats::allocate(&activities[number], requests, members, period, &mut self.seat_rng);
        self.feedback.extend(rows::feedback_of(self.world, number as u32, &sign_ups, &mut self.seat_rng));
        rows::write_sign_ups(self.world, number as u32, at, &sign_ups, &mut self.files.streams, output)
    }

    fn write_reads(&mut self, day: i64, output: &mut OutputFolder<'_>) -> Result<(), SampleError> {
        let reads = self.pending.remove(&day).unwrap_or_default();
        self.files.reads(self.world, day, reads, output)
    }
}
