//! Statistics of articles and followers (`/datacube/…`).

mod article_detail;
mod articles;
mod articles_before_2025;
mod followers;
mod hours;
mod span;

use super::{Interface, post};
use crate::simulator::state::quotas::CallLimit;

/// WeChat documents no number for these interfaces.
const LIMIT: CallLimit = CallLimit::per_day(1_000);

pub(super) const INTERFACES: &[Interface] = &[
    post("/datacube/getarticleread", LIMIT, articles::read),
    post("/datacube/getarticleshare", LIMIT, articles::share),
    post("/datacube/getbizsummary", LIMIT, articles::summary),
    post("/datacube/getarticletotaldetail", LIMIT, article_detail::total_detail),
    post("/datacube/getarticlesummary", LIMIT, articles_before_2025::summary),
    post("/datacube/getarticletotal", LIMIT, articles_before_2025::total),
    post("/datacube/getuserread", LIMIT, articles_before_2025::read),
    post("/datacube/getuserreadhour", LIMIT, hours::read),
    post("/datacube/getusersharehour", LIMIT, hours::share),
    post("/datacube/getusershare", LIMIT, articles_before_2025::share),
    post("/datacube/getusersummary", LIMIT, followers::summary),
    post("/datacube/getusercumulate", LIMIT, followers::cumulate),
];
