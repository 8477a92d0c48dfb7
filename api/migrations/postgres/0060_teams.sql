-- Team-mates. Instants are seconds since 1970 in UTC.

-- Whether a member wants to be matched with teams, by the member's own choice.
create table team_switches (
    member_id  text collate "C" primary key,
    team_match bigint not null check (team_match in (0, 1)),
    at         bigint not null
);

create trigger team_switches_counts_insert after insert on team_switches for each row execute function count_change('rights');
create trigger team_switches_counts_update after update on team_switches for each row execute function count_change('rights');
create trigger team_switches_counts_delete after delete on team_switches for each row execute function count_change('rights');

-- A member suggested to another, who knows only the token.
create table team_suggestions (
    token       text collate "C" primary key,
    activity_id text collate "C" not null,
    asker       text collate "C" not null,
    candidate   text collate "C" not null,
    made_at     bigint not null,
    expires_at  bigint not null,
    unique (asker, activity_id, candidate)
);

-- Names no member, so that an erasure leaves the other members' invitations as they seem to be.
create table team_invitations (
    id          text collate "C" primary key,
    activity_id text collate "C" not null,
    token       text collate "C" not null unique,
    state       text collate "C" not null
        check (state in ('open', 'accepted', 'declined', 'withdrawn', 'blocked', 'dropped', 'expired')),
    created_at  bigint not null,
    expires_at  bigint not null
);

create index team_invitations_by_activity on team_invitations (activity_id);

create table team_invitation_members (
    invitation_id text collate "C" not null references team_invitations (id) on delete cascade,
    member_id     text collate "C" not null,
    role          text collate "C" not null check (role in ('inviter', 'invitee', 'team_mate')),
    agreed        bigint not null check (agreed in (0, 1)),
    primary key (invitation_id, member_id)
);

create index team_invitation_members_by_member on team_invitation_members (member_id);

create table teams (
    id          text collate "C" primary key,
    activity_id text collate "C" not null,
    formed_at   bigint not null
);

create table team_members (
    activity_id text collate "C" not null,
    member_id   text collate "C" not null,
    team_id     text collate "C" not null references teams (id) on delete cascade,
    joined_at   bigint not null,
    -- One team for each activity.
    primary key (activity_id, member_id)
);

create index team_members_by_member on team_members (member_id);

create table team_blocks (
    id      text collate "C" primary key,
    blocker text collate "C" not null,
    blocked text collate "C" not null,
    -- Whether the blocker knows who the other is: the two were team-mates.
    known   bigint not null check (known in (0, 1)),
    at      bigint not null,
    unique (blocker, blocked)
);

-- A refusal of personalised lists, or of teams, ends what waits for the member at once, whoever records it.
create function end_team_waits() returns trigger language plpgsql as $$
begin
    delete from team_suggestions where asker = new.member_id or candidate = new.member_id;
    update team_invitations set state = 'withdrawn' where state in ('open', 'declined', 'blocked', 'dropped') and id in
        (select invitation_id from team_invitation_members where member_id = new.member_id and role = 'inviter');
    update team_invitations set state = 'dropped' where state = 'open' and id in
        (select invitation_id from team_invitation_members where member_id = new.member_id);
    return null;
end $$;

create trigger team_waits_end_with_an_opt_out after insert on member_switches for each row
when (new.personalised = 0) execute function end_team_waits();
create trigger team_waits_end_with_a_later_opt_out after update on member_switches for each row
when (new.personalised = 0) execute function end_team_waits();
create trigger team_waits_end_with_team_match after insert on team_switches for each row
when (new.team_match = 0) execute function end_team_waits();
create trigger team_waits_end_with_team_match_later after update on team_switches for each row
when (new.team_match = 0) execute function end_team_waits();
