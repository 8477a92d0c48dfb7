-- Pushes whose response time is over, and their responses: a read for an article, a sign-up for other items. A push that few
-- members got (`$min_arm`) and few responded to, or few did not, would be the difference of two periods. Grain: one row.
with small_pushes as (
    select
        case item_kind when 'article' then 'article' else 'activity' end as pushed_kind,
        case item_kind when 'article' then sum(has_read) else sum(has_signed_up) end as responded,
        count(*) as pushed
    from responses
    where arm = 'push' and is_judged
    group by push_id, item_kind
    having count(*) < $min_arm
),
revealing_pushes as (
    select pushed_kind
    from small_pushes
    where (responded > 0 and responded < $min_people) or (pushed > responded and pushed - responded < $min_people)
)
select
    count(*) filter (where item_kind = 'article') as articles_pushed,
    coalesce(sum(has_read) filter (where item_kind = 'article'), 0) as articles_pushed_read,
    count(*) filter (where item_kind <> 'article') as activities_pushed,
    coalesce(sum(has_signed_up) filter (where item_kind <> 'article'), 0) as activities_pushed_signed_up,
    count(distinct case when item_kind = 'article' and has_read = 1 then sent_to end) as push_readers,
    count(distinct case when item_kind <> 'article' and has_signed_up = 1 then sent_to end) as push_signers,
    count(distinct case when item_kind = 'article' and has_read = 0 then sent_to end) as push_non_readers,
    count(distinct case when item_kind <> 'article' and has_signed_up = 0 then sent_to end) as push_non_signers,
    (select count(*) from revealing_pushes where pushed_kind = 'article') as revealing_article_pushes,
    (select count(*) from revealing_pushes where pushed_kind = 'activity') as revealing_activity_pushes
from responses
where arm = 'push' and is_judged
