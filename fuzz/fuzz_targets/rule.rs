//! Rules: whatever is sent is refused with words, or is kept and read again as the same rule.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zhihui_engine::audience::Rule;

fuzz_target!(|text: &str| {
    let Ok(value) = serde_json::from_str::<serde_json::Value>(text) else { return };
    if let Ok(rule) = Rule::parse(&value) {
        let kept = serde_json::to_value(&rule).expect("a rule can be written");
        assert_eq!(Rule::parse(&kept).expect("what was kept is read again"), rule);
    }
});
