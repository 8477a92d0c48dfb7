//! The acts that the audit log records.

macro_rules! deeds {
    ($($(#[$doc:meta])* $variant:ident = $text:literal;)+) => {
        /// What was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Deed {
            $($(#[$doc])* $variant),+
        }

        impl Deed {
            /// The word in the log.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }
    };
}

deeds! {
    /// Somebody signed in.
    SignIn = "sign_in";
    /// Too many wrong passwords locked a name or an address.
    SignInLocked = "sign_in_locked";
    /// The locks of a name were removed.
    UserUnlocked = "user_unlocked";
    /// Somebody signed out.
    SignOut = "sign_out";
    /// A caller limited to a union asked for something outside it.
    ScopeRefused = "scope_refused";
    /// What is held of a member was looked at.
    MemberSeen = "member_seen";
    /// Everything held of a member was handed out.
    MemberExported = "member_exported";
    /// A preview named members.
    Preview = "preview";
    /// A list of members was handed out as a file.
    Export = "export";
    /// Something was approved.
    Approval = "approval";
    /// A member refused personalised lists.
    OptOut = "opt_out";
    /// A member allowed them again.
    OptIn = "opt_in";
    /// A topic held of a member was deleted.
    TopicDeleted = "topic_deleted";
    /// A member was erased.
    MemberErased = "member_erased";
    /// A file was uploaded into the inbox.
    Upload = "upload";
    /// Files were ingested on the command line.
    Ingest = "ingest";
    /// A run was started from the pages.
    RunStarted = "run_started";
    /// A run of the pipeline ended.
    Run = "run";
    /// Tables were compacted, old files removed, erasures finished.
    Maintenance = "maintenance";
    /// `zhihui.toml` differs from the one recorded before.
    ConfigurationChanged = "configuration_changed";
    /// An account was made.
    UserAdded = "user_added";
    /// An account was removed.
    UserRemoved = "user_removed";
    /// A key was made.
    KeyAdded = "key_added";
    /// A key was revoked.
    KeyRevoked = "key_revoked";
    /// A copy of the home was made.
    Backup = "backup";
    /// The home was made out of a copy.
    Restore = "restore";
}
