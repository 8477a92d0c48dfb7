-- Every member of an interaction is known: an accepted row makes its member known.
select acted.kind
from member_states
right anti join (select member_id as actor, min(kind) as kind from interactions group by member_id) as acted
    on member_states.member_id = acted.actor
limit 5
