//! The derivative of ln Γ, for many arguments at once.

use std::f64::consts::LN_2;

/// Bits of √½. Mantissas are from here to √2.
const SQRT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
/// Bits of the sign and the exponent.
const EXPONENT: u64 = 0xfff0_0000_0000_0000;
/// Bits of 2^52, whose last bits are whole numbers.
const WHOLE: u64 = 0x4330_0000_0000_0000;

/// The derivative of ln Γ for an argument above zero.
///
/// Eight steps of the recurrence, which are one fraction, and the asymptotic series from there, whose error is below 1e-11. Without
/// branches, so that the compiler vectorises loops over it.
#[inline(always)]
pub(super) fn digamma(argument: f64) -> f64 {
    let (shift, divisor) = four_steps(argument);
    let (further_shift, further_divisor) = four_steps(argument + 4.0);
    let shift = (shift * further_divisor + further_shift * divisor) / (divisor * further_divisor);
    let at = argument + 8.0;
    let inverse = 1.0 / at;
    let square = inverse * inverse;
    let series = square * (1.0 / 12.0 - square * (1.0 / 120.0 - square * (1.0 / 252.0 - square / 240.0)));
    ln(at) - 0.5 * inverse - series - shift
}

/// `1/at + 1/(at + 1) + 1/(at + 2) + 1/(at + 3)` as a fraction.
#[inline(always)]
fn four_steps(at: f64) -> (f64, f64) {
    let product = at * (at + 3.0);
    ((2.0 * at + 3.0) * (2.0 * product + 2.0), product * (product + 2.0))
}

/// The logarithm of a finite number of 1 or more, with the polynomial of FreeBSD's `e_log.c`.
#[inline(always)]
fn ln(value: f64) -> f64 {
    let above = value.to_bits() - SQRT_HALF;
    let mantissa = f64::from_bits(value.to_bits() - (above & EXPONENT));
    let exponent = f64::from_bits(above >> 52 | WHOLE) - f64::from_bits(WHOLE);
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let square = ratio * ratio;
    let series = [
        0.147_981_986_051_165_86,
        0.153_138_376_992_093_73,
        0.181_835_721_616_180_5,
        0.222_221_984_321_497_84,
        0.285_714_287_436_623_9,
        0.399_999_999_994_094_2,
        0.666_666_666_666_673_5,
    ];
    let tail = series.iter().fold(0.0, |sum, coefficient| sum * square + coefficient);
    exponent * LN_2 + (2.0 * ratio + ratio * (square * tail))
}

/// Replaces each argument by its value. Compiled for the widest vectors of the processor as well; every machine gets the same bits.
pub(super) fn replace_by_digamma(arguments: &mut [f64]) {
    pulp::Arch::new().dispatch(|| arguments.iter_mut().for_each(|argument| *argument = digamma(*argument)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digamma_equals_known_values() {
        const EULER: f64 = 0.577_215_664_901_532_9;
        for (at, expected) in
            [(1.0, -EULER), (0.5, -EULER - 4.0_f64.ln()), (2.0, 1.0 - EULER), (10.0, 2.251_752_589_066_721)]
        {
            assert!((digamma(at) - expected).abs() < 1e-11, "digamma({at}) = {} is not {expected}", digamma(at));
        }
    }

    proptest! {
        #[test]
        fn values_follow_the_recurrence_and_are_equal_in_any_number(exponent in -9.0_f64..6.0, length in 1_usize..40) {
            let at = 10.0_f64.powf(exponent);
            let step = 1.0 / at;
            prop_assert!((digamma(at) + step - digamma(at + 1.0)).abs() < 1e-11 * (1.0 + step));
            let mut many = vec![at; length];
            replace_by_digamma(&mut many);
            prop_assert!(many.iter().all(|value| value.to_bits() == digamma(at).to_bits()));
        }

        #[test]
        fn the_logarithm_is_that_of_the_standard_library(exponent in 0.0_f64..40.0) {
            let at = exponent.exp();
            prop_assert!((ln(at) - at.ln()).abs() <= 4e-16 * at.ln().max(1.0), "{} {}", ln(at), at.ln());
        }
    }
}
