-- Responses to the pushes of the period, for both arms: whether the member read about the item within 72 hours, signed up within
-- 7 days, and attended. An article that announces an activity counts as the activity. Grain: push, arm and member.
-- Members of a standing hold-out have no `push_id` and are left out.
-- `read_after_seconds`: from the push to the first read within 72 hours.
-- `is_judged`: the response time is over, 72 hours for an article and 7 days for other items.
with sent as (
    select
        events.push_id,
        events.kind as arm,
        events.member_id as sent_to,
        events.item_id as pushed_item,
        events.at as sent_at,
        coalesce(items.announces, case when items.kind <> 'article' then items.item_id end) as activity_id,
        items.kind as item_kind
    from items
    join events on items.item_id = events.item_id
    where events.kind in ('push', 'hold_out') and events.push_id is not null and events.at >= $from and events.at < $to
),
announcements as (
    select item_id as article_id, announces as about_activity from items where announces is not null
),
actions as (
    select
        events.member_id as acting_member,
        events.kind as action,
        events.at as acted_at,
        events.item_id as action_item,
        announcements.about_activity
    from announcements
    right join events on announcements.article_id = events.item_id
    where events.kind in ('read', 'sign_up', 'attended') and events.at >= $from
)
select
    sent.push_id,
    sent.arm,
    sent.sent_to,
    sent.pushed_item,
    sent.item_kind,
    case sent.item_kind
        when 'article' then max(sent.sent_at) + interval '72 hours' < $as_of
        else max(sent.sent_at) + interval '7 days' < $as_of
    end as is_judged,
    max(
        case
            when actions.action = 'read' and actions.acted_at < sent.sent_at + interval '72 hours'
                and (actions.action_item = sent.pushed_item or actions.about_activity = sent.activity_id) then 1
            else 0
        end
    ) as has_read,
    min(
        case
            when actions.action = 'read' and actions.acted_at < sent.sent_at + interval '72 hours'
                and (actions.action_item = sent.pushed_item or actions.about_activity = sent.activity_id)
                then to_unixtime(actions.acted_at) - to_unixtime(sent.sent_at)
        end
    ) as read_after_seconds,
    max(
        case
            when actions.action = 'sign_up' and actions.acted_at < sent.sent_at + interval '7 days'
                and actions.action_item = sent.activity_id then 1
            else 0
        end
    ) as has_signed_up,
    max(case when actions.action = 'attended' and actions.action_item = sent.activity_id then 1 else 0 end) as has_attended
from sent
left join actions on sent.sent_to = actions.acting_member and actions.acted_at >= sent.sent_at
group by sent.push_id, sent.arm, sent.sent_to, sent.pushed_item, sent.item_kind
