-- Items, and undescribed items: those without a title or without any attribute.
select
    count(*) as items,
    count(*) filter (
        where title is null
            or trim(title) = ''
            or coalesce(array_length(topics), 0) = 0
            and published_at is null
            and starts_at is null
            and ends_at is null
            and sign_up_opens_at is null
            and sign_up_closes_at is null
            and union_id is null
            and district is null
            and capacity is null
            and price is null
            and team_size is null
    ) as undescribed
from items
