-- Pushes whose response time is over, and their responses: a read for an article, a sign-up for other items. Grain: one row.
select
    count(*) filter (where item_kind = 'article') as articles_pushed,
    coalesce(sum(has_read) filter (where item_kind = 'article'), 0) as articles_pushed_read,
    count(*) filter (where item_kind <> 'article') as activities_pushed,
    coalesce(sum(has_signed_up) filter (where item_kind <> 'article'), 0) as activities_pushed_signed_up,
    count(distinct case when item_kind = 'article' and has_read = 1 then sent_to end) as push_readers,
    count(distinct case when item_kind <> 'article' and has_signed_up = 1 then sent_to end) as push_signers,
    count(distinct case when item_kind = 'article' and has_read = 0 then sent_to end) as push_non_readers,
    count(distinct case when item_kind <> 'article' and has_signed_up = 0 then sent_to end) as push_non_signers
from responses
where arm = 'push' and is_judged
