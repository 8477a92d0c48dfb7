-- The owner of each openid by the claim that decides (`actors.sql`). `claimed_at` is null for an undated roster. Grain: openid.
select actor_openid as openid, actor_id as member_id, claimed_at, by_bind from openid_claims
