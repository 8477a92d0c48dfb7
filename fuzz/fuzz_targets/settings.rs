//! `zhihui.toml`: anything at all is settings or an error with words.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zhihui_pipeline::config::Config;

fuzz_target!(|text: &str| {
    if let Err(error) = Config::parse("zhihui.toml", text) {
        assert!(!error.to_string().is_empty());
    }
});
