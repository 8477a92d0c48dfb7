//! Schemas of teams.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::recommendations::schema::Reason;
use crate::web::ids::Id;

/// A request for team-mates.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamSuggestionsRequest {
    /// The member who looks for team-mates.
    #[schema(value_type = Id)]
    pub member_id: String,
    /// The activity; it must have a `team_size`.
    #[schema(value_type = Id)]
    pub activity_id: String,
    /// Maximum number of suggestions, 1 to 20; 5 if missing.
    #[schema(minimum = 1, maximum = 20)]
    pub n: Option<u32>,
}

/// Possible team-mates, best first.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamSuggestions {
    /// The activity.
    pub activity_id: String,
    /// Members in a team.
    pub team_size: u32,
    /// The suggestions.
    pub suggestions: Vec<TeamSuggestion>,
    /// New suggestions that the member may still get within 24 hours.
    pub left_today: u32,
}

/// A possible team-mate, without a name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamSuggestion {
    /// For an invitation. It says nothing about the member, and is valid for the asker and the activity only.
    pub token: String,
    /// Until when the token is valid.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// What both share. Named only if enough members share all of it, so that nobody is identified.
    pub shared: Vec<Reason>,
}

/// An invitation to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTeamInvitation {
    /// The member who invites, and thereby agrees.
    #[schema(value_type = Id)]
    pub member_id: String,
    /// The activity.
    #[schema(value_type = Id)]
    pub activity_id: String,
    /// The token of a suggestion.
    #[schema(pattern = "^tm_[0-9a-f]{64}$")]
    pub token: String,
}

/// An invitation, as one member sees it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamInvitation {
    /// Its id.
    pub invitation_id: String,
    /// The activity.
    pub activity_id: String,
    /// What the member is in it: `inviter`, `invitee`, or `team_mate` of the inviter.
    pub role: TeamRole,
    /// Open until it expires, unless everybody agreed or the member withdrew it.
    pub state: TeamInvitationState,
    /// Whether the member agreed.
    pub agreed: bool,
    /// When it ends.
    #[schema(format = DateTime)]
    pub expires_at: String,
    /// Members of the team so far; null after the member agreed.
    pub people: Option<u32>,
    /// Members in a full team; null once the activity is over.
    pub team_size: Option<u32>,
    /// What the member and the other share; empty after the member agreed.
    pub shared: Vec<Reason>,
    /// The team, once everybody agreed.
    pub team_id: Option<String>,
}

/// The role of a member in an invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TeamRole {
    /// Invited another.
    Inviter,
    /// Was invited.
    Invitee,
    /// Is in the inviter's team.
    TeamMate,
}

/// The state of an invitation, as one member sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TeamInvitationState {
    /// Not everybody has agreed.
    Open,
    /// Everybody agreed.
    Accepted,
    /// The member took it back.
    Withdrawn,
}

/// Invitations of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamInvitations {
    /// The invitations.
    pub invitations: Vec<TeamInvitation>,
}

/// An invitation that ended for the member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamInvitationEnded {
    /// Its id.
    pub invitation_id: String,
    /// Always true.
    pub ended: bool,
}

/// The member who acts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamMemberRequest {
    /// The member.
    #[schema(value_type = Id)]
    pub member_id: String,
}

/// Teams of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Teams {
    /// The teams, one for each activity.
    pub teams: Vec<Team>,
}

/// A team, as its members see it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Team {
    /// Its id.
    pub team_id: String,
    /// The activity.
    pub activity_id: String,
    /// Members in a full team; null once the activity is over.
    pub team_size: Option<u32>,
    /// When it was formed.
    #[schema(format = DateTime)]
    pub formed_at: Option<String>,
    /// Its members, who all agreed to be seen by the others.
    pub members: Vec<TeamMember>,
}

/// A member of a team.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamMember {
    /// Id of the member.
    pub member_id: String,
    /// Current openid of the member; null if unknown.
    pub openid: Option<String>,
}

/// A member left a team.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamLeft {
    /// The team.
    pub team_id: String,
    /// The member.
    pub member_id: String,
    /// Always true.
    pub left: bool,
}

/// A block to set: of exactly one of an invitation's other member and a team-mate.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTeamBlock {
    /// The member who blocks.
    #[schema(value_type = Id)]
    pub member_id: String,
    /// An invitation that the member sees.
    pub invitation_id: Option<String>,
    /// A team-mate.
    pub team_mate_id: Option<String>,
}

/// A block.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamBlock {
    /// Its id.
    pub block_id: String,
    /// When it was set.
    #[schema(format = DateTime)]
    pub since: String,
    /// The blocked member, if the two were team-mates; else null.
    pub member_id: Option<String>,
}

/// Blocks of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamBlocks {
    /// The blocks, latest first.
    pub blocks: Vec<TeamBlock>,
}

/// A removed block.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamUnblocked {
    /// The block.
    pub block_id: String,
    /// Always true.
    pub unblocked: bool,
}
