//! Targets of metrics: the settings' names and numbers, and whether a value meets one.

use std::collections::BTreeMap;

use serde::Deserialize;
use zhihui_data::nearest_name;

use super::metrics::METRICS;

/// Metrics of which less is better.
const LESS_IS_BETTER: &[&str] = &["silent_unions", "no_show_rate", "cancellations", "opt_outs"];

/// Targets by the name of their metric.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(try_from = "BTreeMap<String, f64>")]
pub struct Targets(BTreeMap<String, f64>);

impl TryFrom<BTreeMap<String, f64>> for Targets {
    type Error = String;

    fn try_from(targets: BTreeMap<String, f64>) -> Result<Self, String> {
        for (name, target) in &targets {
            let Some(metric) = METRICS.iter().find(|metric| metric.name == *name) else {
                return Err(unknown_metric(name));
            };
            if !target.is_finite() || (*target < 0.0 && metric.unit != "percentage_points") {
                return Err(format!("the target of \"{name}\" must be a number from 0 on, not {target}"));
            }
            if metric.unit == "share" && *target > 1.0 {
                return Err(format!(
                    "the target of \"{name}\" is a share from 0 to 1, such as 0.3 for 30 %, not {target}"
                ));
            }
        }
        Ok(Self(targets))
    }
}

impl Targets {
    /// The target of a metric.
    #[must_use]
    pub fn of(&self, metric: &str) -> Option<f64> {
        self.0.get(metric).copied()
    }
}

/// By how much a value exceeds its target, in the metric's unit. Negative if the target is missed.
#[must_use]
pub fn target_margin(metric: &str, value: f64, target: f64) -> f64 {
    if LESS_IS_BETTER.contains(&metric) { target - value } else { value - target }
}

fn unknown_metric(name: &str) -> String {
    match nearest_name(name, METRICS.iter().map(|metric| metric.name)) {
        Some(nearest) => format!("unknown metric \"{name}\"; did you mean \"{nearest}\"?"),
        None => format!("unknown metric \"{name}\"; docs/metrics.md lists the names"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(name: &str, target: f64) -> Result<Targets, String> {
        Targets::try_from(BTreeMap::from([(name.to_owned(), target)]))
    }

    #[test]
    fn an_unknown_metric_is_refused_with_the_nearest_name() {
        let refused = targets("reader", 100.0).expect_err("no such metric");
        assert!(refused.contains("\"reader\"") && refused.contains("\"readers\""), "{refused}");
        assert!(targets("union_covrage", 0.5).expect_err("a typing error").contains("\"union_coverage\""));
        assert_eq!(targets("readers", 100.0).expect("known").of("readers"), Some(100.0));
    }

    #[test]
    fn a_share_is_between_zero_and_one() {
        assert!(targets("active_share", 30.0).expect_err("percent").contains("0.3 for 30 %"));
        assert!(targets("readers", -1.0).is_err() && targets("readers", f64::NAN).is_err());
        assert!(targets("uplift_read", -1.0).is_ok());
    }

    #[test]
    fn fewer_silent_unions_than_the_target_meet_it() {
        assert!((target_margin("silent_unions", 8.0, 10.0) - 2.0).abs() < 1e-12);
        assert!((target_margin("active_share", 0.25, 0.3) + 0.05).abs() < 1e-12);
    }
}
