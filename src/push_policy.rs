//! What `[push]` of `zhihui.toml` decides about pushes besides the caps, for the service.

use zhihui_api::PushPolicy;
use zhihui_pipeline::config::PushConfig;

pub(crate) fn push_policy(config: &PushConfig) -> PushPolicy {
    PushPolicy {
        standing_hold_outs: config.standing_hold_outs(),
        quiet: config.quiet_hours.map(zhihui_pipeline::config::QuietHours::quiet_time),
        one_list_at_a_time: config.one_list_at_a_time,
        one_list_days: config.one_list_days,
    }
}
