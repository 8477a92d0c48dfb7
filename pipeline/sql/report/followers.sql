-- Members who followed or unfollowed the account in the period, by events and by the dates of rosters. All rosters count, so that
-- a later one does not hide who left in between. Grain: one row.
with changes as (
    select coalesce(raw_member_events.member_id, openid_owners.member_id) as person, raw_member_events.event
    from openid_owners
    right join raw_member_events
        on openid_owners.openid = raw_member_events.openid and raw_member_events.member_id is null
    where raw_member_events.event in ('follow', 'unfollow')
        and raw_member_events.at >= $from
        and raw_member_events.at < $to
        and raw_member_events.at < $as_of
    union all
    select member_id, 'follow'
    from raw_members
    where followed_at >= $from and followed_at < $to and followed_at < $as_of
    union all
    select member_id, 'unfollow'
    from raw_members
    where unfollowed_at >= $from and unfollowed_at < $to and unfollowed_at < $as_of
)
select
    count(distinct case event when 'follow' then person end) as followers_gained,
    count(distinct case event when 'unfollow' then person end) as followers_lost
from changes
