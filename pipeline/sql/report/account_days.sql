-- WeChat's figures of the whole account on the days of the period, which are those of Beijing. Grain: day and generation.
-- Rows by hour, source and article are parts of them. An interface goes before an export from the admin site.
with whole as (
    select
        day,
        generation,
        read_users,
        read_times,
        share_users,
        coalesce(delayed, false) as is_delayed,
        row_number() over (partition by day, generation order by interface nulls last) as place
    from account_statistics
    where msgid is null
        and source is null
        and hour is null
        and read_users is not null
        and day >= local_day($from)
        and day < local_day($to)
        and day < local_day($as_of)
)
select
    cast(day as varchar) as day,
    generation,
    read_users,
    read_times,
    share_users,
    case when is_delayed then 1 else 0 end as is_delayed
from whole
where place = 1
order by day, generation
