-- Every interaction has a member, an item, an instant before the build's, a known kind and a weight of at least 0. Reads the
-- months that were built again.
select kind, at, weight
from changed_interactions
where member_id is null
    or item_id is null
    or at is null
    or at >= $as_of
    or weight is null
    or weight < 0
    or kind not in ('read', 'share', 'sign_up', 'attended', 'cancel', 'shown', 'push', 'hold_out', 'feedback')
limit 5
