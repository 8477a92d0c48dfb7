//! Deserialises integers, including ones written as `200.0`, which JSON Schema also accepts as integers.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Number;

/// The integer, or `None` if it is null.
pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: TryFrom<i64>>(source: D) -> Result<Option<T>, D::Error> {
    let Some(number) = Option::<Number>::deserialize(source)? else { return Ok(None) };
    let integral = |real: &f64| real.fract() == 0.0 && real.abs() <= f64::from(u32::MAX);
    let integer = number.as_i64().or_else(|| number.as_f64().filter(integral).map(|real| real as i64));
    let fits = integer.and_then(|integer| T::try_from(integer).ok());
    fits.map(Some).ok_or_else(|| D::Error::custom("expected an integer within range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Body {
        #[serde(default, deserialize_with = "deserialize")]
        n: Option<usize>,
    }

    #[test]
    fn integers_may_have_a_zero_fraction() {
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
