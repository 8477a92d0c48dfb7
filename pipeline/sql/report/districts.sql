-- Members by home and work district, for the forty largest pairs; `pair` is null for the others. `district` is that of reports:
-- the home's, else that of work. Grain: union, age band, district and pair.
with people as (
    select
        union_id,
        age_band,
        coalesce(home_district, work_district) as district,
        concat(coalesce(home_district, 'unknown'), '|', coalesce(work_district, 'unknown')) as full_pair,
        count(*) as members
    from member_states
    group by
        union_id,
        age_band,
        coalesce(home_district, work_district),
        concat(coalesce(home_district, 'unknown'), '|', coalesce(work_district, 'unknown'))
),
ranked as (
    select pair_name, row_number() over (order by members desc, pair_name) as place
    from (
        select full_pair as pair_name, sum(members) as members
        from people
        group by full_pair
        having sum(members) >= $min_people
    )
)
select
    people.union_id,
    people.age_band,
    people.district,
    case when ranked.place <= 40 then people.full_pair end as pair,
    people.members
from ranked
right join people on ranked.pair_name = people.full_pair
