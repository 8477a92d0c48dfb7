-- What became of each push of the period: whether the member read about the item within 72 hours and signed up within 7 days
-- after it, and came later. Both arms, by the arm that was drawn. An article that announces an activity stands for it.
-- `is_judged`: the time for the response is over, 72 hours for an article, 7 days for anything else.
-- Grain: push, arm and member.
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
    where events.kind in ('push', 'hold_out') and events.at >= $from and events.at < $to
),
about as (
    select item_id as article_id, announces as about_activity from items where announces is not null
),
deeds as (
    select events.member_id as doer, events.kind as deed, events.at as done_at, events.item_id as deed_item, about.about_activity
    from about
    right join events on about.article_id = events.item_id
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
            when deeds.deed = 'read' and deeds.done_at < sent.sent_at + interval '72 hours'
                and (deeds.deed_item = sent.pushed_item or deeds.about_activity = sent.activity_id) then 1
            else 0
        end
    ) as has_read,
    max(
        case
            when deeds.deed = 'sign_up' and deeds.done_at < sent.sent_at + interval '7 days'
                and deeds.deed_item = sent.activity_id then 1
            else 0
        end
    ) as has_signed_up,
    max(case when deeds.deed = 'attended' and deeds.deed_item = sent.activity_id then 1 else 0 end) as has_attended
from sent
left join deeds on sent.sent_to = deeds.doer and deeds.done_at >= sent.sent_at
group by sent.push_id, sent.arm, sent.sent_to, sent.pushed_item, sent.item_kind
