//! Fingerprints as Oracle writes them: lower-case hexadecimal with colons.

use aws_lc_rs::digest;
use md5::{Digest as _, Md5};

/// MD5 of a public key (`SubjectPublicKeyInfo`): how the console names API keys (`facts/oci.md §2.1`). A name, no seal.
pub(crate) fn of_key(public: &[u8]) -> String {
    written(&Md5::digest(public))
}

/// SHA-256 of a certificate, for federation (`facts/oci.md §2.1`).
pub(crate) fn of_certificate(der: &[u8]) -> String {
    written(digest::digest(&digest::SHA256, der).as_ref())
}

/// The usual form of what a person gave, or `None` when it is no fingerprint of a key.
pub(crate) fn normalised(text: &str) -> Option<String> {
    let lower = text.trim().to_ascii_lowercase();
    let pair = |pair: &str| pair.len() == 2 && pair.bytes().all(|byte| byte.is_ascii_hexdigit());
    let sound = lower.split(':').count() == 16 && lower.split(':').all(pair);
    sound.then_some(lower)
}

fn written(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":")
}
