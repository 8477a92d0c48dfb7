//! The inputs of the simulation.

use super::activities::Activity;
use super::articles::Article;
use super::members::Member;
use super::options::CheckedOptions;
use super::time::Period;
use super::unions::Unions;

/// All generated members, items and unions.
pub(super) struct World<'a> {
    pub(super) options: &'a CheckedOptions,
    pub(super) period: &'a Period,
    pub(super) unions: &'a Unions,
    pub(super) members: &'a [Member],
    pub(super) activities: &'a [Activity],
    pub(super) articles: &'a [Article],
}
