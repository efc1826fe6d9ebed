//! Keys under a passphrase: PKCS#8 with PBES2 (RFC 8018 §6.2), and the older way of PEM headers (RFC 1423).

use std::num::NonZeroU32;

use aws_lc_rs::{
    cipher::{
        AES_128, AES_192, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey,
    },
    iv::FixedLength,
    pbkdf2::{self, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA384, PBKDF2_HMAC_SHA512},
};
use md5::{Digest as _, Md5};
use slipway_core::secret::Secret;
use zeroize::Zeroizing;

use crate::{
    der::{self, Elements},
    key::KeyError,
};

/// More rounds than anybody asks for would only keep a processor busy.
const MOST_ROUNDS: u32 = 2_000_000;

/// A cipher: its object identifier as DER, its name in `DEK-Info`, itself, and the length of its key in bytes.
type Cipher = (&'static [u8], &'static str, &'static Algorithm, usize);

/// NIST's arc 2.16.840.1.101.3.4.1, numbers 2, 22 and 42.
const CIPHERS: [Cipher; 3] = [
    (&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x02], "AES-128-CBC", &AES_128, 16),
    (&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x16], "AES-192-CBC", &AES_192, 24),
    (&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01, 0x2a], "AES-256-CBC", &AES_256, 32),
];

/// 1.2.840.113549.1.5, numbers 13 (PBES2) and 12 (PBKDF2).
const PBES2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0d];
const PBKDF2: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c];

/// HMAC with each hash: 1.2.840.113549.2, numbers 7, 9, 10 and 11. The first is what is meant when none is named.
const HASHES: [(&[u8], pbkdf2::Algorithm); 4] = [
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x07], PBKDF2_HMAC_SHA1),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09], PBKDF2_HMAC_SHA256),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x0a], PBKDF2_HMAC_SHA384),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x0b], PBKDF2_HMAC_SHA512),
];

/// Decrypts an `EncryptedPrivateKeyInfo`.
pub(crate) fn pkcs8(encrypted: &[u8], passphrase: &Secret) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let mut outer = Elements::new(encrypted).enter(der::SEQUENCE).ok_or(KeyError::Damaged)?;
    let mut scheme = outer.enter(der::SEQUENCE).ok_or(KeyError::Damaged)?;
    let content = outer.content(der::OCTET_STRING).ok_or(KeyError::Damaged)?;
    if scheme.content(der::OBJECT_IDENTIFIER).ok_or(KeyError::Damaged)? != PBES2 {
        return Err(unread("a scheme before PBES2"));
    }
    let mut parts = scheme.enter(der::SEQUENCE).ok_or(KeyError::Damaged)?;
    let derivation = parts.enter(der::SEQUENCE).ok_or(KeyError::Damaged)?;
    let mut cipher = parts.enter(der::SEQUENCE).ok_or(KeyError::Damaged)?;
    let name = cipher.content(der::OBJECT_IDENTIFIER).ok_or(KeyError::Damaged)?;
    let vector = cipher.content(der::OCTET_STRING).ok_or(KeyError::Damaged)?;
    let (_, _, algorithm, length) = CIPHERS
        .iter()
        .find(|(known, ..)| *known == name)
        .ok_or_else(|| unread("a cipher other than AES-CBC"))?;
    let key = derive(derivation, passphrase, *length)?;
    decrypt(algorithm, &key, vector, content)
}

fn derive(
    mut derivation: Elements<'_>,
    passphrase: &Secret,
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    if derivation.content(der::OBJECT_IDENTIFIER).ok_or(KeyError::Damaged)? != PBKDF2 {
        return Err(unread("a key derivation other than PBKDF2"));
    }
    let mut parts = derivation.enter(der::SEQUENCE).ok_or(KeyError::Damaged)?;
    let salt = parts.content(der::OCTET_STRING).ok_or(KeyError::Damaged)?;
    let rounds = parts.content(der::INTEGER).and_then(der::number).and_then(NonZeroU32::new);
    let rounds = rounds.ok_or(KeyError::Damaged)?;
    if rounds.get() > MOST_ROUNDS {
        return Err(unread("more than two million rounds of PBKDF2"));
    }
    // The length of the key may be said; the cipher says it too.
    parts.content(der::INTEGER);
    let named = parts.enter(der::SEQUENCE).and_then(|mut hash| hash.content(der::OBJECT_IDENTIFIER));
    let named = named.unwrap_or(HASHES[0].0);
    let (_, hash) =
        HASHES.iter().find(|(known, _)| *known == named).ok_or_else(|| unread("a hash other than SHA"))?;
    let mut key = Zeroizing::new(vec![0; length]);
    pbkdf2::derive(*hash, rounds, salt, passphrase.expose().as_bytes(), &mut key);
    Ok(key)
}

/// Decrypts a PKCS#1 key whose `DEK-Info` names cipher and vector.
pub(crate) fn legacy(
    encrypted: &[u8],
    info: &str,
    passphrase: &Secret,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let (name, vector) = info.split_once(',').ok_or(KeyError::Damaged)?;
    let known = CIPHERS.iter().find(|(_, known, ..)| known.eq_ignore_ascii_case(name.trim()));
    let (_, _, algorithm, length) = known.ok_or_else(|| unread(&printable(name)))?;
    let vector = hexadecimal(vector.trim()).ok_or(KeyError::Damaged)?;
    let salt = vector.get(..8).ok_or(KeyError::Damaged)?;
    decrypt(algorithm, &stretched(passphrase, salt, *length), &vector, encrypted)
}

/// One round of MD5 for each sixteen bytes, as OpenSSL's `EVP_BytesToKey` does.
fn stretched(passphrase: &Secret, salt: &[u8], length: usize) -> Zeroizing<Vec<u8>> {
    let mut key = Zeroizing::new(Vec::with_capacity(length + 16));
    let mut last = Zeroizing::new(vec![]);
    while key.len() < length {
        let hash =
            Md5::new().chain_update(&*last).chain_update(passphrase.expose()).chain_update(salt).finalize();
        last = Zeroizing::new(hash.to_vec());
        key.extend_from_slice(&last);
    }
    key.truncate(length);
    key
}

fn decrypt(
    algorithm: &'static Algorithm,
    key: &[u8],
    vector: &[u8],
    content: &[u8],
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    // The library takes the last byte of the content as given.
    if content.is_empty() || !content.len().is_multiple_of(16) {
        return Err(KeyError::Damaged);
    }
    let vector = FixedLength::<16>::try_from(vector).map_err(|_| KeyError::Damaged)?;
    let mut content = Zeroizing::new(content.to_vec());
    let key = UnboundCipherKey::new(algorithm, key).map_err(|_| KeyError::Damaged)?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).map_err(|_| KeyError::Damaged)?;
    let plain =
        key.decrypt(&mut content, DecryptionContext::Iv128(vector)).map_err(|_| KeyError::PassphraseWrong)?;
    Ok(Zeroizing::new(plain.to_vec()))
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let pairs = text.as_bytes().chunks_exact(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()).collect()
}

fn unread(how: &str) -> KeyError {
    KeyError::Cipher(how.to_owned())
}

fn printable(name: &str) -> String {
    name.trim().chars().filter(char::is_ascii_graphic).take(30).collect()
}
