//! Private keys, in every form in which people have them.

use std::fmt;

use aws_lc_rs::{
    encoding::{AsDer as _, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use slipway_core::secret::Secret;

use crate::{
    der::{self, Elements},
    encrypted_key, fingerprint,
    pem::{self, Block},
};

/// Smallest key that Oracle takes, in bits (`facts/oci.md §2.1`).
const LEAST_BITS: usize = 2048;
/// Object identifier of RSA keys (RFC 8017 §A.1), as DER.
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// An RSA key that signs requests. Parsed once and kept.
pub struct PrivateKey {
    pair: RsaKeyPair,
    public: Vec<u8>,
    fingerprint: String,
}

/// Why a text is no key to sign with. The words fit behind the name of the field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No PEM block at all.
    #[error("holds no private key in PEM; give the whole file, from -----BEGIN to -----END")]
    Missing,
    /// The public half, or another thing in PEM.
    #[error("holds a {0}, not the private key; give the private key's file")]
    Other(String),
    /// Encrypted, and no passphrase given.
    #[error("is encrypted, and there is no passphrase; add `pass_phrase`")]
    PassphraseMissing,
    /// Encrypted with another passphrase.
    #[error("cannot be decrypted with the passphrase given; correct `pass_phrase`")]
    PassphraseWrong,
    /// Encrypted in a way that is not read.
    #[error(
        "is encrypted with {0}, which is not read; write it anew with: openssl rsa -aes256 -in old.pem -out new.pem"
    )]
    Cipher(String),
    /// A key of another kind.
    #[error("is no RSA key; Oracle takes RSA keys only")]
    NotRsa,
    /// Too short; in bits.
    #[error("has {0} bits; Oracle takes RSA keys of 2048 bits and more")]
    TooShort(usize),
    /// Not what its label says.
    #[error("is damaged; give the whole file as it was made")]
    Damaged,
    /// The library could not make or use a key.
    #[error("cannot be used: no key can be made or no signature with it")]
    Unusable,
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PrivateKey").field("fingerprint", &self.fingerprint).finish_non_exhaustive()
    }
}

impl PrivateKey {
    /// Reads a key: PKCS#8, PKCS#1, encrypted PKCS#8, encrypted PKCS#1 of the old kind, with whatever stands around it
    /// (`facts/oci.md §2.2`). A passphrase for a key that is not encrypted does not matter.
    pub fn read(pem: &Secret, passphrase: Option<&Secret>) -> Result<Self, KeyError> {
        let blocks = pem::blocks(pem.expose());
        let key = blocks.iter().find(|block| block.label.ends_with("PRIVATE KEY"));
        match (key, blocks.first()) {
            (Some(key), _) => Self::of_block(key, passphrase),
            (None, Some(other)) => Err(KeyError::Other(other.label.to_ascii_lowercase())),
            (None, None) if pem.expose().contains("PRIVATE KEY-----") => Err(KeyError::Damaged),
            (None, None) => Err(KeyError::Missing),
        }
    }

    /// Makes a key for one session: 2048 bits. Takes a tenth of a second of one processor and more.
    pub fn generate() -> Result<Self, KeyError> {
        Self::of_pair(RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Unusable)?)
    }

    /// MD5 of the public key, as the console shows it.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// The public key (`SubjectPublicKeyInfo`), base64 without armour.
    pub(crate) fn public_base64(&self) -> String {
        STANDARD.encode(&self.public)
    }

    /// RSASSA-PKCS1-v1_5 with SHA-256, base64. The same bytes always give the same signature.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<String, KeyError> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let signed = self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature);
        signed.map_err(|_| KeyError::Unusable)?;
        Ok(STANDARD.encode(signature))
    }

    fn of_block(block: &Block, passphrase: Option<&Secret>) -> Result<Self, KeyError> {
        let given = || passphrase.ok_or(KeyError::PassphraseMissing);
        match block.label.as_str() {
            "PRIVATE KEY" => Self::of_pkcs8(&block.der),
            "ENCRYPTED PRIVATE KEY" => {
                let plain = encrypted_key::pkcs8(&block.der, given()?)?;
                // Wrong padding is seen nearly always; once in 256 times only by what comes out.
                Self::of_pkcs8(&plain).map_err(wrong_when_damaged)
            }
            "RSA PRIVATE KEY" => match block.header("DEK-Info") {
                None => Self::of_pkcs1(&block.der),
                Some(info) => {
                    let plain = encrypted_key::legacy(&block.der, info, given()?)?;
                    Self::of_pkcs1(&plain).map_err(wrong_when_damaged)
                }
            },
            "OPENSSH PRIVATE KEY" => Err(KeyError::Other("key for SSH".to_owned())),
            _ => Err(KeyError::NotRsa),
        }
    }

    fn of_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        let mut info = Elements::new(der).enter(der::SEQUENCE).ok_or(KeyError::Damaged)?;
        info.content(der::INTEGER).ok_or(KeyError::Damaged)?;
        let mut algorithm = info.enter(der::SEQUENCE).ok_or(KeyError::Damaged)?;
        if algorithm.content(der::OBJECT_IDENTIFIER).ok_or(KeyError::Damaged)? != RSA {
            return Err(KeyError::NotRsa);
        }
        Self::of_pkcs1(info.content(der::OCTET_STRING).ok_or(KeyError::Damaged)?)
    }

    fn of_pkcs1(der: &[u8]) -> Result<Self, KeyError> {
        let bits = modulus_bits(der).ok_or(KeyError::Damaged)?;
        if bits < LEAST_BITS {
            return Err(KeyError::TooShort(bits));
        }
        Self::of_pair(RsaKeyPair::from_der(der).map_err(|_| KeyError::Damaged)?)
    }

    fn of_pair(pair: RsaKeyPair) -> Result<Self, KeyError> {
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| KeyError::Unusable)?;
        let public = public.as_ref().to_vec();
        let fingerprint = fingerprint::of_key(&public);
        Ok(Self { pair, public, fingerprint })
    }
}

fn wrong_when_damaged(error: KeyError) -> KeyError {
    if error == KeyError::Damaged { KeyError::PassphraseWrong } else { error }
}

/// Length of the modulus of an `RSAPrivateKey` (RFC 8017 §A.1.2).
fn modulus_bits(der: &[u8]) -> Option<usize> {
    let mut key = Elements::new(der).enter(der::SEQUENCE)?;
    key.content(der::INTEGER)?;
    let modulus = key.content(der::INTEGER)?;
    let first = modulus.iter().position(|byte| *byte != 0)?;
    let digits = modulus.get(first..)?;
    Some(digits.len() * 8 - usize::try_from(digits.first()?.leading_zeros()).ok()?)
}

#[cfg(test)]
mod tests;
