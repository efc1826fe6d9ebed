//! RSA keys and how they are named (facts/oci.md §2.1).

use crate::fetch::hex;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::{SystemRandom, fill};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{self, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::{Digest as _, Md5};
use rustls_pki_types::SubjectPublicKeyInfoDer;
use rustls_pki_types::pem::PemObject as _;
use std::sync::{Arc, Mutex, PoisonError};

/// Why a key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It could not be made.
    #[error("making an RSA key")]
    Make,
    /// It is no public key in PEM.
    #[error("no public key in PEM form")]
    Read,
}

impl From<Unspecified> for KeyError {
    fn from(_: Unspecified) -> Self {
        Self::Make
    }
}

/// A key pair of 2048 bits.
#[derive(Debug)]
pub(super) struct Pair {
    key: RsaKeyPair,
    pub(super) private_pem: String,
    pub(super) public_pem: String,
    /// DER of the `SubjectPublicKeyInfo`.
    pub(super) spki: Vec<u8>,
}

impl Pair {
    pub(super) fn generate() -> Result<Self, KeyError> {
        let key = RsaKeyPair::generate(KeySize::Rsa2048)?;
        let private: Pkcs8V1Der<'_> = key.as_der()?;
        let public: PublicKeyX509Der<'_> = key.public_key().as_der()?;
        let spki = public.as_ref().to_vec();
        let private_pem = pem("PRIVATE KEY", private.as_ref());
        Ok(Self { private_pem, public_pem: pem("PUBLIC KEY", &spki), spki, key })
    }

    /// The key of the n-th account of a cloud; all clouds of the process have the same ones, for making one takes longer than starting a cloud.
    pub(super) fn of_account(number: usize) -> Result<Arc<Self>, KeyError> {
        static PAIRS: Mutex<Vec<Arc<Pair>>> = Mutex::new(Vec::new());
        let mut pairs = PAIRS.lock().unwrap_or_else(PoisonError::into_inner);
        while pairs.len() <= number {
            pairs.push(Arc::new(Self::generate()?));
        }
        Ok(Arc::clone(&pairs[number]))
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
        Ok(signature)
    }
}

/// Whether the signature is this key's.
pub(super) fn verifies(spki: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = UnparsedPublicKey::new(&signature::RSA_PKCS1_2048_8192_SHA256, spki);
    key.verify(message, signature).is_ok()
}

/// DER of the `SubjectPublicKeyInfo` in a PEM file.
pub(super) fn spki_of(public_pem: &str) -> Result<Vec<u8>, KeyError> {
    let der = SubjectPublicKeyInfoDer::from_pem_slice(public_pem.as_bytes()).map_err(|_| KeyError::Read)?;
    Ok(der.as_ref().to_vec())
}

/// MD5 of the `SubjectPublicKeyInfo`, lower-case hexadecimal with colons.
pub(super) fn fingerprint(spki: &[u8]) -> String {
    colons(&hex(&Md5::digest(spki)))
}

/// A colon after every second digit.
pub(super) fn colons(digits: &str) -> String {
    let bytes: Vec<_> = digits.as_bytes().chunks(2).map(String::from_utf8_lossy).collect();
    bytes.join(":")
}

/// PEM armour around DER.
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Random lower-case letters and digits.
pub(crate) fn random_text(length: usize) -> String {
    let mut bytes = vec![0; length];
    // It fails only when the system has no randomness at all; the text is then the same for all.
    let _ = fill(&mut bytes);
    bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect()
}
