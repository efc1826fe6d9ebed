//! Tokens: the right of one attempt to fetch its answer files and to report.

use std::fmt;

use aws_lc_rs::{constant_time, hmac};
use slipway_core::boot::AttemptId;

use crate::hex::hex;

/// Length of a token: 160 bits.
const DIGITS: usize = 40;

/// The key that tokens are made with. The same key gives the same tokens after a restart, so an installer that is
/// half-way keeps its right.
#[derive(Clone, Copy)]
pub struct TokenKey([u8; 32]);

impl TokenKey {
    /// Takes 32 random bytes, kept by the operator (`facts/boot.md` D2).
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The token of an attempt: 40 hexadecimal digits of HMAC-SHA256.
    pub(crate) fn token(&self, attempt: &AttemptId) -> Token {
        let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, &self.0));
        context.update(b"slipway boot token 1");
        // Lengths go before the texts, so that no two attempts give the same bytes.
        for part in [&attempt.host.uid, &attempt.install_id] {
            context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(part.as_bytes());
        }
        context.update(&attempt.attempt.to_be_bytes());
        let mut text = hex(context.sign().as_ref());
        text.truncate(DIGITS);
        Token(text)
    }
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("TokenKey([secret])")
    }
}

/// A token; its text is seen in URLs only, never in a log.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Token(String);

impl Token {
    /// A token that somebody showed; it may be none of ours.
    pub(crate) fn shown(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares in a time that does not depend on where the texts differ.
    pub(crate) fn is(&self, other: &Self) -> bool {
        constant_time::verify_slices_are_equal(self.0.as_bytes(), other.0.as_bytes()).is_ok()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[token]")
    }
}

#[cfg(test)]
mod tests {
    use slipway_core::{boot::AttemptId, host::HostKey};

    use super::TokenKey;

    fn attempt(uid: &str, install_id: &str, attempt: i32) -> AttemptId {
        let host = HostKey { namespace: "lab".into(), name: "u07".into(), uid: uid.into() };
        AttemptId { host, install_id: install_id.into(), attempt }
    }

    #[test]
    fn a_token_belongs_to_one_attempt_and_one_key() {
        let key = TokenKey::new([7; 32]);
        let first = key.token(&attempt("ab", "c", 1));
        assert!(first.is(&key.token(&attempt("ab", "c", 1))));
        assert_eq!(first.as_str().len(), 40);
        for other in [attempt("ab", "c", 2), attempt("a", "bc", 1), attempt("abc", "", 1)] {
            assert!(!first.is(&key.token(&other)), "{other:?}");
        }
        assert!(!first.is(&TokenKey::new([8; 32]).token(&attempt("ab", "c", 1))));
    }

    #[test]
    fn neither_key_nor_token_is_printed() {
        let key = TokenKey::new([7; 32]);
        let token = key.token(&attempt("ab", "c", 1));
        let printed = format!("{key:?} {token:?}");
        assert!(!printed.contains(token.as_str()) && !printed.contains("7, 7"), "{printed}");
    }
}
