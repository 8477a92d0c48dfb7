-- Current pushes as interactions with weight 0; members of the hold-out have the kind `hold_out`. Members of a standing hold-out,
-- and those `not_compared`, have no `push_id`: they are held out, but are no fair comparison for the members of one push. Pushes
-- that WeChat accepted and sent to nobody (`not_delivered`) are left out. Grain: push and member.
select
    member_id,
    item_id,
    case when arm = 'hold_out' then 'hold_out' else 'push' end as kind,
    date_trunc('second', sent_at) as at,
    0.0 as weight,
    cast(null as double) as dwell_seconds,
    cast(null as double) as read_fraction,
    case when arm <> 'hold_out' or coalesce(channel, '') not in ('global_hold_out', 'topic_hold_out', 'not_compared') then push_id end as push_id,
    cast(null as double) as propensity,
    cast(null as boolean) as explored
from pushes
where arm = 'hold_out' or coalesce(channel, '') <> 'not_delivered'
