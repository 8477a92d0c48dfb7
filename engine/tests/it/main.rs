//! Tests of the engine's public interface.

mod audience;
mod audience_limits;
mod band_plan;
mod condition_counts;
mod consent;
mod event_order;
mod explanation;
mod exploration;
mod exposure_floor;
mod fixture;
mod items;
mod look_alikes;
mod model;
mod overlay;
mod ranker_sides;
mod recommend;
mod rule_limits;
mod rule_members;
mod rule_parsing;
mod rules;
mod scorer;
mod seat_plan;
mod send_hours;
mod sensitive;
mod suppression;
mod teams;
