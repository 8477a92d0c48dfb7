//! Reading times of events.

use std::collections::HashMap;

/// A reading time that is not known.
const UNKNOWN: u16 = u16::MAX;

/// The reading times of some events in seconds. Most are whole seconds or tenths of them, so that few values are many times there.
#[derive(Debug)]
pub(in crate::report) enum Seconds {
    /// The values, and of each event the place of its value, 2 bytes. No places if no reading time is known.
    Few { values: Vec<f64>, places: Vec<u16> },
    /// Of each event, 8 bytes. NaN if it is not known.
    Many(Vec<f64>),
}

impl Default for Seconds {
    fn default() -> Self {
        Self::Few { values: Vec::new(), places: Vec::new() }
    }
}

impl Seconds {
    /// Keeps reading times, of which NaN are not known.
    pub(super) fn of(seconds: impl Iterator<Item = f64> + Clone) -> Self {
        let mut values: Vec<f64> = Vec::new();
        let mut known: HashMap<u64, u16> = HashMap::new();
        let mut places = Vec::new();
        let mut last = (f64::NAN.to_bits(), UNKNOWN);
        for value in seconds.clone() {
            if value.is_nan() {
                places.push(UNKNOWN);
                continue;
            }
            let bits = value.to_bits();
            if last.0 != bits || last.1 == UNKNOWN {
                let next = values.len() as u16;
                let place = *known.entry(bits).or_insert(next);
                if place == next {
                    if next == UNKNOWN {
                        return Self::Many(seconds.collect());
                    }
                    values.push(value);
                }
                last = (bits, place);
            }
            places.push(last.1);
        }
        if values.is_empty() {
            return Self::default();
        }
        Self::Few { values, places }
    }

    /// The values, if they are few.
    pub(in crate::report) fn values(&self) -> Option<&[f64]> {
        match self {
            Self::Few { values, .. } => Some(values),
            Self::Many(_) => None,
        }
    }

    /// The place of an event's value. `None` if it is not known, or there are many values.
    #[inline]
    pub(in crate::report) fn place_of_value(&self, event: usize) -> Option<usize> {
        match self {
            Self::Few { places, .. } => places.get(event).filter(|place| **place != UNKNOWN).map(|&place| place.into()),
            Self::Many(_) => None,
        }
    }

    /// The reading time of an event.
    #[inline]
    pub(in crate::report) fn get(&self, event: usize) -> Option<f64> {
        match self {
            Self::Few { values, .. } => self.place_of_value(event).map(|place| values[place]),
            Self::Many(seconds) => seconds.get(event).copied().filter(|seconds| !seconds.is_nan()),
        }
    }

    #[inline]
    pub(in crate::report) fn is_known(&self, event: usize) -> bool {
        self.get(event).is_some()
    }

    /// Memory in bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Few { values, places } => values.len() * 8 + places.len() * 2,
            Self::Many(seconds) => seconds.len() * 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_times_are_kept_to_the_bit() {
        let few: Vec<f64> =
            (0..1_000).map(|at| if at % 7 == 0 { f64::NAN } else { f64::from(at % 90) / 7.0 }).collect();
        let many: Vec<f64> = (0..80_000).map(|at| if at % 7 == 0 { f64::NAN } else { f64::from(at) / 7.0 }).collect();
        for (seconds, are_few) in [(few, true), (many, false), (vec![f64::NAN; 3], true)] {
            let kept = Seconds::of(seconds.iter().copied());
            assert_eq!(kept.values().is_some(), are_few);
            for (at, value) in seconds.iter().enumerate() {
                assert_eq!(kept.get(at).map(f64::to_bits), Some(value.to_bits()).filter(|_| !value.is_nan()));
            }
        }
    }
}
