//! The tables of teams: loads the board of an activity, lets an action change it, and stores the difference, in one
//! transaction.

use std::collections::{BTreeMap, BTreeSet};

use sqlx::AssertSqlSafe;
use zhihui_data::{Event, EventType};

use super::board::{Board, Invitation};
use super::error::TeamError;
use super::state::InvitationState;
use crate::auth::secret::Secret;
use crate::middleware::problem::Problem;
use crate::service::Service;
use crate::store::audit::{NewAuditEntry, append_in};
use crate::store::database::Store;
use crate::store::error::StoreError;
use crate::store::sql::{self, Connection, Pool};

/// The teams of a home.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Teams<'a> {
    pub(super) pool: &'a Pool,
}

/// What a board depends on besides its rows: the activity, the time, and who may be matched.
pub(crate) struct BoardContext<'a> {
    pub(crate) activity_id: &'a str,
    /// Members in a full team; `None` once the activity is over.
    pub(crate) team_size: Option<usize>,
    /// Seconds since 1970 in UTC.
    pub(crate) now: i64,
    /// Whether a member may be matched now.
    pub(crate) wants_team: Box<dyn Fn(&str) -> bool + Send + Sync + 'a>,
}

impl<'a> Teams<'a> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { pool: store.pool() }
    }

    /// Lets an action change the board of an activity. `token` is that of an invitation which the action adds. The entry
    /// is written if the action returns true for it. What time and consent ended is stored even if the action is refused.
    pub(crate) async fn change<T>(
        &self,
        context: &BoardContext<'_>,
        token: Option<&str>,
        entry: Option<&NewAuditEntry<'_>>,
        act: impl FnOnce(&mut Board) -> Result<T, TeamError>,
    ) -> Result<(Board, T), TeamError> {
        let mut transaction = self.pool.begin_write().await?;
        let stored = load(&mut transaction, context).await?;
        let mut board = stored.clone();
        settle(&mut board, context);
        let settled = board.clone();
        let result = act(&mut board);
        if result.is_ok() {
            settle(&mut board, context);
        } else {
            board = settled.clone();
        }
        save(&mut transaction, context, &stored, &board, token).await?;
        if result.is_ok()
            && let Some(entry) = entry.filter(|_| board.teams != settled.teams)
        {
            append_in(&mut transaction, entry).await?;
        }
        transaction.commit().await?;
        result.map(|value| (board, value))
    }

    /// Ends suggestions and open invitations of a member, as the triggers of the consent tables do.
    async fn end_waits_of(&self, member_id: &str) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        let of_member = "select invitation_id from team_invitation_members where member_id = $1";
        for sql in [
            "delete from team_suggestions where asker = $1 or candidate = $1".to_owned(),
            format!(
                "update team_invitations set state = 'withdrawn' \
                 where state in ('open', 'declined', 'blocked', 'dropped') and id in ({of_member} and role = 'inviter')"
            ),
            format!("update team_invitations set state = 'dropped' where state = 'open' and id in ({of_member})"),
        ] {
            sql::query(AssertSqlSafe(sql)).bind(member_id).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// The activities in which a member has an invitation or a team.
    pub(crate) async fn activities_of(&self, member_id: &str) -> Result<BTreeSet<String>, StoreError> {
        let sql = "select activity_id from team_members where member_id = $1 union \
                   select activity_id from team_invitations join team_invitation_members on invitation_id = id \
                   where member_id = $1 and state <> 'expired'";
        let ids: Vec<String> = sql::query_scalar(sql).bind(member_id).fetch_all(self.pool).await?;
        Ok(ids.into_iter().collect())
    }

    /// The activities with teams, invitations or suggestions, and when each last got one.
    pub(super) async fn activities(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let sql = "select activity_id, max(at) from (select activity_id, joined_at as at from team_members union all \
                   select activity_id, formed_at from teams union all \
                   select activity_id, created_at from team_invitations union all \
                   select activity_id, made_at from team_suggestions) as times group by activity_id order by activity_id";
        Ok(sql::query_as(sql).fetch_all(self.pool).await?)
    }

    /// Deletes everything about an activity. Rows of members and parties go with their team and invitation.
    pub(super) async fn delete_activity(&self, activity_id: &str) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        for table in ["team_suggestions", "team_invitations", "teams"] {
            let sql = format!("delete from {table} where activity_id = $1");
            sql::query(AssertSqlSafe(sql)).bind(activity_id).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// The activity of an invitation.
    pub(crate) async fn activity_of_invitation(&self, id: &str) -> Result<Option<String>, StoreError> {
        let sql = "select activity_id from team_invitations where id = $1";
        Ok(sql::query_scalar(sql).bind(id).fetch_optional(self.pool).await?)
    }

    /// The activity of a team.
    pub(crate) async fn activity_of_team(&self, id: &str) -> Result<Option<String>, StoreError> {
        Ok(sql::query_scalar("select activity_id from teams where id = $1").bind(id).fetch_optional(self.pool).await?)
    }

    /// When a team was formed.
    pub(crate) async fn formed_at(&self, id: &str) -> Result<Option<i64>, StoreError> {
        Ok(sql::query_scalar("select formed_at from teams where id = $1").bind(id).fetch_optional(self.pool).await?)
    }
}

/// A random id that cannot be guessed.
pub(crate) fn random_id(prefix: &str) -> Result<String, StoreError> {
    let secret = Secret::generate().ok_or(StoreError::NoRandomness)?;
    Ok(format!("{prefix}{}", secret.reveal()))
}

fn settle(board: &mut Board, context: &BoardContext<'_>) {
    let mut new_team = || format!("te_{}", uuid::Uuid::new_v4().simple());
    board.settle(context.now, &*context.wants_team, &mut new_team);
}

/// Whether an event ends what waits for its member.
pub(crate) fn ends_waits(event: &Event) -> bool {
    matches!(event.kind, EventType::OptOut | EventType::Unfollow)
}

/// Ends what waits for members who left the account or refused personalised lists by an event.
pub(crate) async fn end_waits(service: &Service, events: &[Event]) -> Result<(), Problem> {
    let Some(live) = service.live.get() else { return Ok(()) };
    for event in events.iter().filter(|event| ends_waits(event)) {
        let owner = event.openid.as_deref().and_then(|openid| live.engine.owner(openid));
        if let Some(member) = event.member_id.clone().or(owner) {
            Teams::new(&service.store).end_waits_of(&member).await.map_err(StoreError::write_problem)?;
        }
    }
    Ok(())
}

async fn load(connection: &mut Connection, context: &BoardContext<'_>) -> Result<Board, StoreError> {
    let mut board = Board { team_size: context.team_size, ..Board::default() };
    let members = "select team_id, member_id from team_members where activity_id = $1";
    let members: Vec<(String, String)> =
        sql::query_as(members).bind(context.activity_id).fetch_all(&mut *connection).await?;
    for (team, member) in members {
        board.teams.entry(team).or_default().insert(member);
    }
    let invitations = "select id, state, created_at, expires_at from team_invitations \
                       where activity_id = $1 and state <> 'expired'";
    for row in sql::query(invitations).bind(context.activity_id).fetch_all(&mut *connection).await? {
        let state: String = row.try_get("state")?;
        let invitation = Invitation {
            inviter: None,
            invitee: None,
            state: InvitationState::parse(&state).unwrap_or(InvitationState::Dropped),
            agreed: BTreeSet::new(),
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
        };
        board.invitations.insert(row.try_get("id")?, invitation);
    }
    let parties = "select invitation_id, member_id, role, agreed from team_invitation_members \
                   join team_invitations on id = invitation_id where activity_id = $1 and state <> 'expired'";
    let parties: Vec<(String, String, String, bool)> =
        sql::query_as(parties).bind(context.activity_id).fetch_all(&mut *connection).await?;
    for (id, member, role, agreed) in parties {
        let Some(invitation) = board.invitations.get_mut(&id) else { continue };
        match role.as_str() {
            "inviter" => invitation.inviter = Some(member.clone()),
            "invitee" => invitation.invitee = Some(member.clone()),
            _ => {}
        }
        if agreed {
            invitation.agreed.insert(member);
        }
    }
    let blocks: Vec<(String, String)> =
        sql::query_as("select blocker, blocked from team_blocks").fetch_all(connection).await?;
    board.blocks = blocks.into_iter().collect();
    Ok(board)
}

async fn save(
    connection: &mut Connection,
    context: &BoardContext<'_>,
    before: &Board,
    after: &Board,
    token: Option<&str>,
) -> Result<(), StoreError> {
    for id in before.invitations.keys().filter(|id| !after.invitations.contains_key(*id)) {
        sql::query("update team_invitations set state = 'expired' where id = $1")
            .bind(id)
            .execute(&mut *connection)
            .await?;
    }
    for (id, invitation) in &after.invitations {
        match before.invitations.get(id) {
            Some(known) if known == invitation => continue,
            Some(_) => {
                sql::query("update team_invitations set state = $1 where id = $2")
                    .bind(invitation.state.as_str())
                    .bind(id)
                    .execute(&mut *connection)
                    .await?;
            }
            None => {
                let sql = "insert into team_invitations (id, activity_id, token, state, created_at, expires_at) \
                           values ($1, $2, $3, $4, $5, $6)";
                sql::query(sql)
                    .bind(id)
                    .bind(context.activity_id)
                    .bind(token.unwrap_or(id))
                    .bind(invitation.state.as_str())
                    .bind(invitation.created_at)
                    .bind(invitation.expires_at)
                    .execute(&mut *connection)
                    .await?;
            }
        }
        save_parties(connection, id, invitation).await?;
    }
    save_teams(connection, context, &before.teams, &after.teams).await
}

async fn save_parties(connection: &mut Connection, id: &str, invitation: &Invitation) -> Result<(), StoreError> {
    sql::query("delete from team_invitation_members where invitation_id = $1")
        .bind(id)
        .execute(&mut *connection)
        .await?;
    let role_of = |member: &String| {
        if invitation.inviter.as_ref() == Some(member) {
            "inviter"
        } else if invitation.invitee.as_ref() == Some(member) {
            "invitee"
        } else {
            "team_mate"
        }
    };
    let members: BTreeSet<&String> =
        invitation.agreed.iter().chain(&invitation.inviter).chain(&invitation.invitee).collect();
    for member in members {
        let sql =
            "insert into team_invitation_members (invitation_id, member_id, role, agreed) values ($1, $2, $3, $4)";
        sql::query(sql)
            .bind(id)
            .bind(member)
            .bind(role_of(member))
            .bind(invitation.agreed.contains(member))
            .execute(&mut *connection)
            .await?;
    }
    Ok(())
}

async fn save_teams(
    connection: &mut Connection,
    context: &BoardContext<'_>,
    before: &BTreeMap<String, BTreeSet<String>>,
    after: &BTreeMap<String, BTreeSet<String>>,
) -> Result<(), StoreError> {
    let is_member = |teams: &BTreeMap<String, BTreeSet<String>>, team: &String, member: &String| {
        teams.get(team).is_some_and(|members| members.contains(member))
    };
    let none = BTreeSet::new();
    for (team, members) in before {
        for member in members.iter().filter(|member| !is_member(after, team, member)) {
            sql::query("delete from team_members where team_id = $1 and member_id = $2")
                .bind(team)
                .bind(member)
                .execute(&mut *connection)
                .await?;
        }
        if !after.contains_key(team) {
            sql::query("delete from teams where id = $1").bind(team).execute(&mut *connection).await?;
        }
    }
    for (team, members) in after {
        if !before.contains_key(team) {
            sql::query("insert into teams (id, activity_id, formed_at) values ($1, $2, $3)")
                .bind(team)
                .bind(context.activity_id)
                .bind(context.now)
                .execute(&mut *connection)
                .await?;
        }
        for member in members.difference(before.get(team).unwrap_or(&none)) {
            let sql = "insert into team_members (activity_id, member_id, team_id, joined_at) values ($1, $2, $3, $4)";
            sql::query(sql)
                .bind(context.activity_id)
                .bind(member)
                .bind(team)
                .bind(context.now)
                .execute(&mut *connection)
                .await?;
        }
    }
    Ok(())
}
