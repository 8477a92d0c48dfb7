-- The ratings that members in view gave before the instant of the report. Grain: rating.
select members_in_view.member_id, feedback.item_id, feedback.rating, feedback.at
from members_in_view
join feedback on members_in_view.member_id = feedback.member_id
where feedback.rating is not null and feedback.at < $as_of
union all
select members_in_view.member_id, feedback.item_id, feedback.rating, feedback.at
from members_in_view
join feedback on members_in_view.openid = feedback.openid
where feedback.member_id is null and feedback.rating is not null and feedback.at < $as_of
