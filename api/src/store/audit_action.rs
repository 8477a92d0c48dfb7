//! The actions that the audit log records.

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident = $text:literal;)+) => {
        /// An action recorded in the audit log.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum AuditAction {
            $($(#[$doc])* $variant),+
        }

        impl AuditAction {
            /// Name of the action in the log.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

actions! {
    /// A person signed in.
    SignIn = "sign_in";
    /// A name or an address was locked after too many wrong passwords.
    SignInLocked = "sign_in_locked";
    /// The locks of a name were removed.
    UserUnlocked = "user_unlocked";
    /// A person signed out.
    SignOut = "sign_out";
    /// A caller limited to one union requested something outside it.
    ScopeRefused = "scope_refused";
    /// A member's page was opened.
    MemberSeen = "member_seen";
    /// A member's data was exported.
    MemberExported = "member_exported";
    /// A preview listed members.
    Preview = "preview";
    /// A list of members was downloaded.
    Export = "export";
    /// A report was downloaded as a file.
    ReportExported = "report_exported";
    /// A link to a report was created.
    ReportLinkCreated = "report_link_created";
    /// A link to a report was opened. The actor is the link.
    ReportLinkUsed = "report_link_used";
    /// A link to a report was revoked, by a person or because its owner may not read the report any more.
    ReportLinkRevoked = "report_link_revoked";
    /// A note about days was added to reports.
    ReportNoteAdded = "report_note_added";
    /// A note about days was deleted.
    ReportNoteDeleted = "report_note_deleted";
    /// A push list was approved.
    Approval = "approval";
    /// A push list was created and frozen.
    PushListCreated = "push_list_created";
    /// A push list was submitted for approval.
    PushListSubmitted = "push_list_submitted";
    /// A push list was returned to its author.
    PushListRejected = "push_list_rejected";
    /// A push list was closed.
    PushListClosed = "push_list_closed";
    /// The tickets of an activity were allocated.
    Allocation = "allocation";
    /// An audience was saved.
    AudienceSaved = "audience_saved";
    /// A saved audience was deleted.
    AudienceDeleted = "audience_deleted";
    /// An exclusion list was uploaded, or restored after its deletion.
    ExclusionListAdded = "exclusion_list_added";
    /// An exclusion list was deleted.
    ExclusionListDeleted = "exclusion_list_deleted";
    /// A member refused personalised lists.
    OptOut = "opt_out";
    /// A member allowed personalised lists again.
    OptIn = "opt_in";
    /// A member wants to be matched with teams.
    TeamMatchOn = "team_match_on";
    /// A member does not want to be matched with teams.
    TeamMatchOff = "team_match_off";
    /// A team was formed or extended: its members see one another.
    TeamFormed = "team_formed";
    /// A member left a team.
    TeamLeft = "team_left";
    /// A member blocked another.
    MemberBlocked = "member_blocked";
    /// A member removed a block.
    MemberUnblocked = "member_unblocked";
    /// A topic of a member was deleted.
    TopicDeleted = "topic_deleted";
    /// A person withdrew a permission in WeChat, and nobody was erased: the person is unknown, or the data are never stored.
    AuthorizationRevoked = "authorization_revoked";
    /// A member was erased.
    MemberErased = "member_erased";
    /// A file was uploaded into the inbox.
    Upload = "upload";
    /// A mapping of files was kept.
    MappingKept = "mapping_kept";
    /// Files were ingested on the command line.
    Ingest = "ingest";
    /// A run was started from the pages.
    RunStarted = "run_started";
    /// A run of the pipeline ended.
    Run = "run";
    /// Tables were compacted, old files removed, erasures finished.
    Maintenance = "maintenance";
    /// `zhihui.toml` was changed.
    ConfigurationChanged = "configuration_changed";
    /// An account was created.
    UserAdded = "user_added";
    /// An account was removed.
    UserRemoved = "user_removed";
    /// A key was created.
    KeyAdded = "key_added";
    /// A key was revoked.
    KeyRevoked = "key_revoked";
    /// A backup was written.
    Backup = "backup";
    /// The home was restored from a backup.
    Restore = "restore";
}
