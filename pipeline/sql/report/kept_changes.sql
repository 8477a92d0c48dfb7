-- Members who followed or unfollowed the account, by events and by the dates of rosters, at any time. `followers.sql` counts them
-- in a period. Grain: person, change, instant.
with changes as (
    select coalesce(raw_member_events.member_id, openid_owners.member_id) as person, raw_member_events.event, raw_member_events.at
    from openid_owners
    right join raw_member_events
        on openid_owners.openid = raw_member_events.openid and raw_member_events.member_id is null
    where raw_member_events.event in ('follow', 'unfollow')
    union all
    select member_id, 'follow', followed_at
    from raw_members
    union all
    select member_id, 'unfollow', unfollowed_at
    from raw_members
)
select distinct person, event = 'follow' as follows, at
from changes
where person is not null and at is not null
