//! Ids of the service: 27 characters of base 62, sortable by the second they were made in (`facts/ocm.md §2`).

use aws_lc_rs::rand::fill;
use jiff::Timestamp;

/// The second that ids count from.
const EPOCH: i64 = 1_400_000_000;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const LENGTH: usize = 27;

/// A new id.
pub(super) fn ksuid(at: Timestamp) -> String {
    let mut bytes = [0; 20];
    // It fails only when the system has no randomness at all; ids of one second are then the same.
    let _ = fill(&mut bytes[4..]);
    let seconds = u32::try_from((at.as_second() - EPOCH).max(0)).unwrap_or(u32::MAX);
    bytes[..4].copy_from_slice(&seconds.to_be_bytes());
    base62(bytes)
}

/// So many random digits: a secret.
pub(super) fn secret(length: usize) -> String {
    let mut bytes = vec![0; length];
    let _ = fill(&mut bytes);
    bytes.iter().map(|byte| char::from(DIGITS[usize::from(byte & 31)])).collect()
}

fn base62(mut number: [u8; 20]) -> String {
    let mut digits = [0; LENGTH];
    for digit in digits.iter_mut().rev() {
        let mut rest = 0_u32;
        for byte in &mut number {
            let value = rest * 256 + u32::from(*byte);
            *byte = u8::try_from(value / 62).unwrap_or(u8::MAX);
            rest = value % 62;
        }
        *digit = DIGITS[rest as usize];
    }
    digits.iter().map(|&digit| char::from(digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_greatest_number_has_27_digits() {
        assert_eq!(base62([255; 20]), "aWgEPTl1tmebfsQzFP4bxwgy80V");
        assert_eq!(base62([0; 20]), "0".repeat(27));
    }

    proptest! {
        #[test]
        fn a_later_second_sorts_later(a in EPOCH..4_000_000_000, b in EPOCH..4_000_000_000) {
            let at = |second| ksuid(Timestamp::from_second(second).unwrap());
            prop_assert!(a == b || (at(a) < at(b)) == (a < b));
        }
    }
}
