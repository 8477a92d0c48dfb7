//! The engine as its users see it.

mod any_order;
mod audience;
mod explanation;
mod exploration;
mod exposure;
mod fixture;
mod items;
mod model;
mod overlay;
mod recommend;
mod rule_limits;
mod rule_reading;
mod rules;
mod scorer;
mod sensitive;
mod sides;
mod suppression;
mod wishes;
