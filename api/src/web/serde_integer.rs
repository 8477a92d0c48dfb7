//! Whole numbers of a body, also where they are written `200.0`, which JSON Schema calls integers too.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Number;

/// The number, `None` where it is missing or null.
pub(crate) fn whole<'de, D: Deserializer<'de>, T: TryFrom<i64>>(source: D) -> Result<Option<T>, D::Error> {
    let Some(number) = Option::<Number>::deserialize(source)? else { return Ok(None) };
    let written_real = |real: &f64| real.fract() == 0.0 && real.abs() <= f64::from(u32::MAX);
    let whole = number.as_i64().or_else(|| number.as_f64().filter(written_real).map(|real| real as i64));
    let fits = whole.and_then(|whole| T::try_from(whole).ok());
    fits.map(Some).ok_or_else(|| D::Error::custom("a whole number is expected, and not one as great as this"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Body {
        #[serde(default, deserialize_with = "whole")]
        n: Option<usize>,
    }

    #[test]
    fn a_whole_number_may_be_written_with_a_point() {
        let read = |text: &str| serde_json::from_str::<Body>(text).map(|body| body.n).ok();
        assert_eq!(read(r#"{"n": 32.0}"#), Some(Some(32)));
        assert_eq!(read(r#"{"n": 32}"#), Some(Some(32)));
        assert_eq!(read(r#"{"n": null}"#), Some(None));
        assert_eq!(read("{}"), Some(None));
        for refused in [r#"{"n": 32.5}"#, r#"{"n": -1}"#, r#"{"n": 3.9e19}"#, r#"{"n": "32"}"#] {
            assert_eq!(read(refused), None, "{refused}");
        }
    }
}
