-- The exact median of the hours from a push of an activity to the sign-up for it. Grain: one row.
with answered as (
    select push_id, sent_to, pushed_item
    from responses
    where arm = 'push' and is_judged and item_kind <> 'article' and has_signed_up = 1
),
sent as (
    select push_id, member_id as pushed_member, min(at) as sent_at
    from events
    where kind = 'push' and push_id is not null and at >= $from and at < $to
    group by push_id, member_id
),
sign_ups as (
    select member_id as signer, item_id as activity_id, at as signed_up_at
    from events
    where kind = 'sign_up' and at >= $from
),
seconds as (
    select
        answered.push_id,
        answered.sent_to,
        min(to_unixtime(sign_ups.signed_up_at) - to_unixtime(sent.sent_at)) as delay
    from answered
    join sent on answered.push_id = sent.push_id and answered.sent_to = sent.pushed_member
    join sign_ups on answered.sent_to = sign_ups.signer and answered.pushed_item = sign_ups.activity_id
    where sign_ups.signed_up_at >= sent.sent_at
    group by answered.push_id, answered.sent_to
),
delays as (
    select delay, count(*) as times from seconds group by delay
),
cumulative as (
    select delay, sum(times) over (order by delay) as times_up_to, sum(times) over () as times_total from delays
)
select
    (
        min(delay) filter (where 2 * times_up_to >= times_total) + min(delay) filter (where 2 * times_up_to > times_total)
    ) / 7200.0 as push_sign_up_hours
from cumulative
