-- Team-mates. Instants are seconds since 1970 in UTC.

-- Whether a member wants to be matched with teams, by the member's own choice.
create table team_switches (
    member_id  text primary key,
    team_match integer not null check (team_match in (0, 1)),
    at         integer not null
) strict, without rowid;

create trigger team_switches_counts_insert after insert on team_switches begin update change_counters set version = version + 1 where what = 'rights'; end;
create trigger team_switches_counts_update after update on team_switches begin update change_counters set version = version + 1 where what = 'rights'; end;
create trigger team_switches_counts_delete after delete on team_switches begin update change_counters set version = version + 1 where what = 'rights'; end;

-- A member suggested to another, who knows only the token.
create table team_suggestions (
    token       text primary key,
    activity_id text not null,
    asker       text not null,
    candidate   text not null,
    made_at     integer not null,
    expires_at  integer not null,
    unique (asker, activity_id, candidate)
) strict, without rowid;

-- Names no member, so that an erasure leaves the other members' invitations as they seem to be.
create table team_invitations (
    id          text primary key,
    activity_id text not null,
    token       text not null unique,
    state       text not null
        check (state in ('open', 'accepted', 'declined', 'withdrawn', 'blocked', 'dropped', 'expired')),
    created_at  integer not null,
    expires_at  integer not null
) strict, without rowid;

create index team_invitations_by_activity on team_invitations (activity_id);

create table team_invitation_members (
    invitation_id text not null references team_invitations (id) on delete cascade,
    member_id     text not null,
    role          text not null check (role in ('inviter', 'invitee', 'team_mate')),
    agreed        integer not null check (agreed in (0, 1)),
    primary key (invitation_id, member_id)
) strict, without rowid;

create index team_invitation_members_by_member on team_invitation_members (member_id);

create table teams (
    id          text primary key,
    activity_id text not null,
    formed_at   integer not null
) strict, without rowid;

create table team_members (
    activity_id text not null,
    member_id   text not null,
    team_id     text not null references teams (id) on delete cascade,
    joined_at   integer not null,
    -- One team for each activity.
    primary key (activity_id, member_id)
) strict, without rowid;

create index team_members_by_member on team_members (member_id);

create table team_blocks (
    id      text primary key,
    blocker text not null,
    blocked text not null,
    -- Whether the blocker knows who the other is: the two were team-mates.
    known   integer not null check (known in (0, 1)),
    at      integer not null,
    unique (blocker, blocked)
) strict, without rowid;

-- A refusal of personalised lists, or of teams, ends what waits for the member at once, whoever records it.
create trigger team_waits_end_with_an_opt_out after insert on member_switches when new.personalised = 0 begin
    delete from team_suggestions where asker = new.member_id or candidate = new.member_id;
    update team_invitations set state = 'withdrawn' where state in ('open', 'declined', 'blocked', 'dropped') and id in
        (select invitation_id from team_invitation_members where member_id = new.member_id and role = 'inviter');
    update team_invitations set state = 'dropped' where state = 'open' and id in
        (select invitation_id from team_invitation_members where member_id = new.member_id);
end;
create trigger team_waits_end_with_a_later_opt_out after update on member_switches when new.personalised = 0 begin
    delete from team_suggestions where asker = new.member_id or candidate = new.member_id;
    update team_invitations set state = 'withdrawn' where state in ('open', 'declined', 'blocked', 'dropped') and id in
        (select invitation_id from team_invitation_members where member_id = new.member_id and role = 'inviter');
    update team_invitations set state = 'dropped' where state = 'open' and id in
        (select invitation_id from team_invitation_members where member_id = new.member_id);
end;
create trigger team_waits_end_with_team_match after insert on team_switches when new.team_match = 0 begin
    delete from team_suggestions where asker = new.member_id or candidate = new.member_id;
    update team_invitations set state = 'withdrawn' where state in ('open', 'declined', 'blocked', 'dropped') and id in
        (select invitation_id from team_invitation_members where member_id = new.member_id and role = 'inviter');
    update team_invitations set state = 'dropped' where state = 'open' and id in
        (select invitation_id from team_invitation_members where member_id = new.member_id);
end;
create trigger team_waits_end_with_team_match_later after update on team_switches when new.team_match = 0 begin
    delete from team_suggestions where asker = new.member_id or candidate = new.member_id;
    update team_invitations set state = 'withdrawn' where state in ('open', 'declined', 'blocked', 'dropped') and id in
        (select invitation_id from team_invitation_members where member_id = new.member_id and role = 'inviter');
    update team_invitations set state = 'dropped' where state = 'open' and id in
        (select invitation_id from team_invitation_members where member_id = new.member_id);
end;
