-- Whose an openid is, by the claim that counts (`01_actors.sql`): since when, null for an undated roster, and whether by a bind.
-- Grain: openid.
select actor_openid as openid, actor_id as member_id, claimed_at, by_bind from openid_claims
