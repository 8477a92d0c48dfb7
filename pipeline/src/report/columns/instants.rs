//! Instants of events.

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;

/// The instants of some events, in microseconds since 1970. Logs have whole seconds, which take half the memory.
#[derive(Debug)]
pub(in crate::report) enum Instants {
    /// Whole seconds after the first instant.
    Seconds {
        first: i64,
        after: Vec<u32>,
    },
    Micros(Vec<i64>),
}

impl Default for Instants {
    fn default() -> Self {
        Self::Micros(Vec::new())
    }
}

impl Instants {
    /// Keeps instants, of which `first` is the earliest and `last` the latest one.
    pub(super) fn of(instants: impl Iterator<Item = i64> + Clone, (first, last): (i64, i64)) -> Self {
        let is_short = last.saturating_sub(first) / SECOND <= i64::from(u32::MAX);
        if is_short && instants.clone().all(|at| (at - first) % SECOND == 0) {
            return Self::Seconds { first, after: instants.map(|at| ((at - first) / SECOND) as u32).collect() };
        }
        Self::Micros(instants.collect())
    }

    #[inline]
    pub(in crate::report) fn get(&self, event: usize) -> i64 {
        match self {
            Self::Seconds { first, after } => first + i64::from(after[event]) * SECOND,
            Self::Micros(instants) => instants[event],
        }
    }

    /// Memory in bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Seconds { after, .. } => after.len() * 4,
            Self::Micros(instants) => instants.len() * 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_kept_to_the_microsecond() {
        let seconds = vec![1_700_000_000_000_001, 1_700_000_009_000_001, 1_600_000_000_000_001];
        let micros = vec![1_700_000_000_000_001, 1_700_000_009_000_000];
        let long = vec![0, i64::from(u32::MAX) * SECOND + SECOND];
        for (instants, are_seconds) in [(seconds, true), (micros, false), (long, false), (Vec::new(), true)] {
            let ends = (
                instants.iter().min().copied().unwrap_or(i64::MAX),
                instants.iter().max().copied().unwrap_or(i64::MIN),
            );
            let kept = Instants::of(instants.iter().copied(), ends);
            assert_eq!(matches!(kept, Instants::Seconds { .. }), are_seconds, "{instants:?}");
            assert_eq!((0..instants.len()).map(|at| kept.get(at)).collect::<Vec<_>>(), instants);
        }
    }
}
