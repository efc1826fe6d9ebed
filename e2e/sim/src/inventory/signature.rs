//! Who sent a message (Standard Webhooks specification 1.0.0, "Signature scheme").

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

/// Seconds that a message may be off, either way.
const TOLERANCE: i64 = 300;
/// Bytes that SHA-256 works on at once.
const BLOCK: usize = 64;

/// What a message says of itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim<'a> {
    pub(super) id: &'a str,
    pub(super) timestamp: &'a str,
    /// One or more, with spaces between them.
    pub(super) signatures: &'a str,
    pub(super) body: &'a [u8],
}

impl Claim<'_> {
    /// Whether it was signed with this secret, and lately.
    pub(super) fn holds(&self, secret: &str, now: Timestamp) -> bool {
        let Some(key) = key(secret) else { return false };
        let sent = self.timestamp.parse::<i64>().ok().filter(|_| self.timestamp.len() <= 12);
        let in_time = sent.is_some_and(|sent| (now.as_second() - sent).abs() <= TOLERANCE);
        if !in_time || self.id.is_empty() || self.id.contains('.') {
            return false;
        }
        let mut message = format!("{}.{}.", self.id, self.timestamp).into_bytes();
        message.extend_from_slice(self.body);
        let expected = keyed_digest(&key, &message);
        self.signatures.split(' ').any(|one| is(one, &expected))
    }
}

/// What [`Claim::holds`] takes, for tests that send messages themselves.
#[cfg(test)]
pub(super) fn sign(secret: &str, id: &str, timestamp: i64, body: &str) -> String {
    let message = format!("{id}.{timestamp}.{body}");
    let digest = key(secret).map(|key| keyed_digest(&key, message.as_bytes()));
    format!("v1,{}", STANDARD.encode(digest.unwrap_or_default()))
}

fn is(signature: &str, expected: &[u8]) -> bool {
    let shown = signature.strip_prefix("v1,").and_then(|text| STANDARD.decode(text).ok());
    shown.is_some_and(|shown| verify_slices_are_equal(&shown, expected).is_ok())
}

fn key(secret: &str) -> Option<Vec<u8>> {
    match secret.strip_prefix("whsec_") {
        Some(text) => STANDARD.decode(text).ok(),
        None => Some(secret.as_bytes().to_vec()),
    }
}

/// HMAC with SHA-256, written out (RFC 2104 §2): the adapter has a library do it.
fn keyed_digest(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; BLOCK];
    if key.len() > BLOCK {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let inner = Sha256::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message).finalize();
    Sha256::new().chain_update(block.map(|byte| byte ^ 0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::hex;

    const NOW: &str = "2026-01-01T00:00:00Z";

    #[test]
    fn the_keyed_digest_is_the_one_of_rfc_4231() {
        let cases = [
            (vec![0x0b; 20], "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                b"Jefe".to_vec(),
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 131],
                "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
        ];
        for (key, message, digest) in cases {
            assert_eq!(hex(&keyed_digest(&key, message.as_bytes())), digest);
        }
    }

    #[test]
    fn only_the_message_that_was_signed_lately_holds() {
        let (secret, body) = ("a secret of a test", b"{}".as_slice());
        let signed = keyed_digest(secret.as_bytes(), b"id.1767225600.{}");
        let good = format!("v1,{}", STANDARD.encode(signed));
        let several = format!("v1a,abcd v1,AAAA {good}");
        let cases = [
            ("id", "1767225600", good.as_str(), body, true),
            ("id", "1767225600", &several, body, true),
            ("id", "1767225600", &good, b"{ }".as_slice(), false),
            ("ie", "1767225600", &good, body, false),
            ("id", "1767225601", &good, body, false),
            ("id", "1767225600", &good[3..], body, false),
            ("", "1767225600", &good, body, false),
        ];
        let now = |text: &str| text.parse::<Timestamp>().unwrap();
        for (id, timestamp, signatures, body, holds) in cases {
            let claim = Claim { id, timestamp, signatures, body };
            assert_eq!(claim.holds(secret, now(NOW)), holds, "{claim:?}");
        }
        let claim = Claim { id: "id", timestamp: "1767225600", signatures: &good, body };
        for (at, holds) in [
            ("2026-01-01T00:05:00Z", true),
            ("2025-12-31T23:55:00Z", true),
            ("2026-01-01T00:05:01Z", false),
            ("2025-12-31T23:54:59Z", false),
        ] {
            assert_eq!(claim.holds(secret, now(at)), holds, "{at}");
        }
        assert!(!claim.holds("another secret of it", now(NOW)));
        assert!(!claim.holds("whsec_no base64", now(NOW)));
    }
}
