use std::time::{Duration, Instant};

use proptest::prelude::*;
use serde_json::Value;
use slipway_core::secret::Secret;

use super::{KeyError, PrivateKey};

fn data() -> Value {
    serde_json::from_str(include_str!("../../tests/data/keys.json")).unwrap()
}

fn pem(name: &str) -> Secret {
    Secret::new(data()["keys"][name].as_str().unwrap_or_else(|| panic!("{name}")))
}

fn passphrase() -> Secret {
    Secret::new(data()["passphrase"].as_str().unwrap())
}

#[test]
fn one_key_in_every_form_is_one_key() {
    let expected = data()["fingerprint"].as_str().unwrap().to_owned();
    for (name, encrypted) in [
        ("pkcs8", false),
        ("pkcs1", false),
        ("pkcs8-labelled", false),
        ("pkcs8-pbes2", true),
        ("pkcs8-pbes2-aes128-sha1", true),
        ("pkcs8-pbes2-aes192-sha384", true),
        ("pkcs8-pbes2-aes256-sha512", true),
        ("pkcs1-aes128", true),
        ("pkcs1-aes192", true),
        ("pkcs1-aes256", true),
    ] {
        let dos = Secret::new(pem(name).expose().replace('\n', "\r\n"));
        let indented = Secret::new(format!("# my key\n{}", pem(name).expose().replace('\n', "\n  ")));
        for text in [pem(name), dos, indented] {
            let key = PrivateKey::read(&text, Some(&passphrase())).unwrap();
            assert_eq!(key.fingerprint(), expected, "{name}");
            let bare = PrivateKey::read(&text, None).err();
            assert_eq!(bare, encrypted.then_some(KeyError::PassphraseMissing), "{name}");
        }
        if encrypted {
            let wrong = PrivateKey::read(&pem(name), Some(&Secret::new("canary"))).unwrap_err();
            assert_eq!(wrong, KeyError::PassphraseWrong, "{name}");
        }
    }
}

#[test]
fn what_is_no_key_to_sign_with_is_told_apart() {
    for (name, words) in [
        ("public", "holds a public key, not the private key"),
        ("certificate", "holds a certificate, not the private key"),
        ("openssh", "holds a key for SSH"),
        ("rsa-1024", "has 1024 bits"),
        ("rsa-1024-pkcs1", "has 1024 bits"),
        ("ec-pkcs8", "no RSA key"),
        ("ec-sec1", "no RSA key"),
        ("ed25519", "no RSA key"),
        ("pkcs1-des3", "DES-EDE3-CBC"),
        ("pkcs8-pbes2-des3", "a cipher other than AES-CBC"),
        ("pkcs8-pbes2-scrypt", "a key derivation other than PBKDF2"),
        ("pkcs8-pbes1", "a scheme before PBES2"),
    ] {
        let error = PrivateKey::read(&pem(name), Some(&passphrase())).unwrap_err().to_string();
        assert!(error.contains(words), "{name}: {error}");
    }
    for (text, expected) in [
        ("", KeyError::Missing),
        ("~/.oci/key.pem", KeyError::Missing),
        ("-----BEGIN PRIVATE KEY-----\nMIIE", KeyError::Damaged),
        ("-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----", KeyError::Damaged),
    ] {
        assert_eq!(PrivateKey::read(&Secret::new(text), None).unwrap_err(), expected, "{text}");
    }
}

#[test]
fn a_key_that_would_keep_a_processor_busy_is_not_tried() {
    let began = Instant::now();
    let error = PrivateKey::read(&pem("pkcs8-pbes2-many-rounds"), Some(&passphrase())).unwrap_err();
    assert!(error.to_string().contains("rounds"), "{error}");
    assert!(began.elapsed() < Duration::from_millis(200), "{:?}", began.elapsed());
}

#[test]
fn a_key_is_never_printed() {
    let key = PrivateKey::read(&pem("pkcs8"), None).unwrap();
    assert_eq!(format!("{key:?}").matches("MII").count(), 0);
    assert!(format!("{key:?}").contains(key.fingerprint()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_damaged_key_is_no_panic(
        name in prop::sample::select(vec!["pkcs8", "pkcs1", "pkcs8-pbes2", "pkcs1-aes256"]),
        place in any::<prop::sample::Index>(),
        with in any::<u8>(),
    ) {
        let mut bytes = pem(name).expose().as_bytes().to_vec();
        let place = place.index(bytes.len());
        bytes[place] = with & 0x7f;
        let text = Secret::new(String::from_utf8(bytes).unwrap());
        if let Ok(key) = PrivateKey::read(&text, Some(&passphrase())) {
            prop_assert!(key.sign(b"x").is_ok());
        }
    }

    #[test]
    fn any_content_is_no_panic(label in "(RSA |ENCRYPTED |)PRIVATE KEY", content in prop::collection::vec(any::<u8>(), 0..80), info in "(DEK-Info: (AES-128-CBC|X),[0-9A-F]{0,34}\n\n)?") {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let text = format!("-----BEGIN {label}-----\n{info}{}\n-----END {label}-----", STANDARD.encode(content));
        prop_assert!(PrivateKey::read(&Secret::new(text), Some(&passphrase())).is_err());
    }
}
