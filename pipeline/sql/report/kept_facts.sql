-- Rows of reads, shares and shown items, and those of them that belong to a member. `identified.sql` counts them in a period.
-- Grain: quarter of an hour.
with facts as (
    select member_id, openid, read_at as at
    from raw_reads
    union all
    select member_id, openid, shared_at
    from raw_shares
    union all
    select member_id, openid, shown_at
    from raw_shown
)
select
    min(facts.at) as first,
    max(facts.at) as last,
    count(*) as fact_rows,
    count(coalesce(facts.member_id, openid_owners.member_id)) as identified_rows
from openid_owners
right join facts on openid_owners.openid = facts.openid and facts.member_id is null
where facts.at is not null
group by date_bin(interval '15 minutes', facts.at)
