//! ID numbers and credit codes as people type them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zhihui_data::{credit_code, id_number};

fuzz_target!(|text: &str| {
    // 18 characters, after whatever is trimmed or made narrow.
    if id_number::parse(text).is_ok() || credit_code::is_valid(text) {
        assert!(text.chars().count() >= 15);
    }
});
