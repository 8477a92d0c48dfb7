-- Rows of reads, shares and shown items in the period, and those of them that belong to a member. Grain: one row.
with facts as (
    select member_id, openid
    from raw_reads
    where read_at >= $from and read_at < $to and read_at < $as_of
    union all
    select member_id, openid
    from raw_shares
    where shared_at >= $from and shared_at < $to and shared_at < $as_of
    union all
    select member_id, openid
    from raw_shown
    where shown_at >= $from and shown_at < $to and shown_at < $as_of
)
select
    count(*) as fact_rows,
    count(coalesce(facts.member_id, openid_owners.member_id)) as identified_rows
from openid_owners
right join facts on openid_owners.openid = facts.openid and facts.member_id is null
