//! What pages say about a problem, in their language.

use super::problem::{Code, Problem};
use crate::web::locale::Locale;

impl Problem {
    /// What went wrong, in a few words.
    pub(crate) fn page_title(&self, t: Locale) -> &'static str {
        match self.code {
            Code::NotFound | Code::MethodNotAllowed => t.error_not_found(),
            Code::Forbidden => t.error_forbidden(),
            Code::InvalidParameter if self.wording.is_none() => t.error_invalid_filter(),
            Code::NoSnapshot | Code::ReportUnavailable | Code::UnknownReport => t.error_no_data(),
            Code::UnknownItem
            | Code::UnknownMember
            | Code::UnknownPushList
            | Code::UnknownAudience
            | Code::UnknownExclusionList
            | Code::UnknownReportLink
            | Code::UnknownReportNote => t.error_missing(),
            Code::ReportLinkEnded => t.report_links_ended_title(),
            Code::Internal
            | Code::Busy
            | Code::Timeout
            | Code::RateLimited
            | Code::NotReady
            | Code::Unauthenticated => t.error_unavailable(),
            _ => t.error_not_done(),
        }
    }

    /// The problem with the text of a page as its detail.
    pub(super) fn in_language(mut self, t: Locale) -> Self {
        self.detail = self.text(t).to_owned();
        self
    }

    /// What is wrong and what to do: the wording of this problem, or else that of its code.
    pub(crate) fn text(&self, t: Locale) -> &str {
        if let Some(wording) = &self.wording {
            return t.sentence(wording);
        }
        match self.code {
            Code::NotFound | Code::MethodNotAllowed => t.error_not_found_advice(),
            Code::Forbidden => t.error_forbidden_advice(),
            Code::InvalidParameter => t.error_invalid_filter_advice(),
            Code::NoSnapshot | Code::ReportUnavailable | Code::UnknownReport => t.error_no_data_advice(),
            Code::UnknownTable => t.error_unknown_table(),
            Code::FileUnavailable => t.error_file_unavailable(),
            Code::UnknownItem => t.error_unknown_item(),
            Code::UnknownMember => t.error_unknown_member(),
            Code::UnknownPushList => t.error_unknown_push_list(),
            Code::UnknownAudience => t.error_unknown_audience(),
            Code::UnknownDay => t.error_unknown_day(),
            Code::UnknownExclusionList => t.error_unknown_exclusion_list(),
            Code::UnknownReportLink => t.report_links_unknown(),
            Code::ReportLinkEnded => t.report_links_ended(),
            Code::UnknownReportNote => t.reports_unknown_note(),
            Code::CrossSite => t.error_cross_site(),
            Code::Unauthenticated => t.error_unauthenticated(),
            Code::InvalidBody | Code::MalformedJson | Code::UnsupportedMediaType => t.error_invalid_body(),
            Code::InvalidRule | Code::RuleTooLarge | Code::TooFewSeeds | Code::SensitiveTopic => t.error_invalid_rule(),
            Code::BodyTooLarge => t.error_body_too_large(),
            Code::SlowRequest => t.error_slow_request(),
            Code::Timeout => t.error_timeout(),
            Code::Busy | Code::RateLimited => t.error_busy(),
            Code::DiskFull => t.error_disk_full(),
            Code::NotStored => t.error_not_stored(),
            Code::WrongState
            | Code::AllocationState
            | Code::OwnApproval
            | Code::AudienceTooSmall
            | Code::AudienceInUse
            | Code::AudienceChanged
            | Code::TooManyReportLinks => t.error_wrong_state(),
            // Routes without a page.
            Code::WrongSignature
            | Code::UnknownInvitation
            | Code::UnknownTeam
            | Code::UnknownBlock
            | Code::NoTeams
            | Code::NotMatched
            | Code::InvitationState
            | Code::TooManyInvitations
            | Code::NotReady
            | Code::Internal => t.error_unavailable_advice(),
        }
    }
}
