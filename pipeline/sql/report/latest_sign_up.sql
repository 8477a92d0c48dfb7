-- The latest sign-up in seconds since 1970. Grain: one row.
select to_unixtime(max(signed_up_at)) as signed_up_at from sign_up_states
