//! Keys as other programs write them: the vendor's SDK and Slipway read each of them, and sign the same with it.

use std::path::Path;

use serde_json::{Value, json};
use slipway_core::clock::Timestamp;
use slipway_core::secret::Secret;
use slipway_e2e::foreign::{Desk, OciClients};
use slipway_oci::{KeyError, PrivateKey};
use slipway_outbound::{Method, Request};
use url::Url;

use crate::account::{ApiKey, PASSPHRASE, TENANCY, USER, signer};
use crate::signing::{merged, signed_by_vendor};

/// How `openssl` writes the key anew; each line is a form that people have. `PHRASE` is where it finds the passphrase.
const FORMS: &[(&str, &str)] = &[
    ("PKCS#8", "pkcs8 -topk8 -nocrypt"),
    ("PKCS#1", "rsa -traditional"),
    ("PKCS#8, AES-256, SHA-256", "pkcs8 -topk8 -v2 aes-256-cbc -passout PHRASE"),
    ("PKCS#8, AES-128, SHA-1", "pkcs8 -topk8 -v2 aes-128-cbc -v2prf hmacWithSHA1 -passout PHRASE"),
    (
        "PKCS#8, AES-192, SHA-512",
        "pkcs8 -topk8 -v2 aes-192-cbc -v2prf hmacWithSHA512 -iter 10000 -passout PHRASE",
    ),
    ("PKCS#1, AES-128", "rsa -traditional -aes128 -passout PHRASE"),
    ("PKCS#1, AES-256", "rsa -traditional -aes256 -passout PHRASE"),
];

/// Forms that the SDK reads and Slipway refuses: the words that say so, and that the mend they name works.
const REFUSED: &[(&str, &str)] = &[
    ("PKCS#8, triple DES", "pkcs8 -topk8 -v2 des3 -passout PHRASE"),
    ("PKCS#8, scrypt", "pkcs8 -topk8 -scrypt -passout PHRASE"),
    ("PKCS#1, triple DES", "rsa -traditional -des3 -passout PHRASE"),
];
/// The mend that a refusal names, with the passphrases that it asks for.
const MEND: &str = "rsa -aes256 -in old.pem -out new.pem -passin PHRASE -passout PHRASE";
const TARGET: &str = "https://ccc.example.com/20221208/cccInfrastructures";

pub(crate) async fn keys_of_others_are_read(clients: OciClients) -> anyhow::Result<()> {
    let desk = Desk::new(&clients)?;
    let key = ApiKey::make(&desk).await?;
    // OpenSSL takes the first line for what it reads and the next for what it writes.
    desk.write("phrases", &format!("{PASSPHRASE}\n{PASSPHRASE}\n"))?;
    let mut texts = vec![("oci setup keys".to_owned(), key.pem.clone())];
    for (name, command) in FORMS {
        let text = openssl(&desk, &format!("{command} -in api.pem -passin PHRASE")).await?;
        texts.push(((*name).to_owned(), text.clone()));
        // The console puts its label behind a key.
        texts.push((format!("{name}, labelled"), format!("{text}OCI_API_KEY\n")));
    }
    both_sign_alike(&desk, &key, &texts).await?;
    let wrong = Secret::new("another");
    for (name, text) in texts.iter().filter(|(_, text)| text.contains("ENCRYPTED")) {
        let text = Secret::new(text.as_str());
        let missing = PrivateKey::read(&text, None).err();
        anyhow::ensure!(missing == Some(KeyError::PassphraseMissing), "{name}: {missing:?}");
        let refused = PrivateKey::read(&text, Some(&wrong)).err();
        anyhow::ensure!(refused == Some(KeyError::PassphraseWrong), "{name}: {refused:?}");
    }
    refusals_name_a_mend_that_works(&desk, &key).await
}

async fn both_sign_alike(desk: &Desk, key: &ApiKey, texts: &[(String, String)]) -> anyhow::Result<()> {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse()?;
    let one = json!({
        "by": "api_key", "method": "GET", "url": TARGET, "seconds": now.as_second(), "tenancy": TENANCY, "user": USER,
        "fingerprint": key.fingerprint, "passphrase": PASSPHRASE,
    });
    let asked: Vec<Value> = texts.iter().map(|(_, text)| merged(&[&one, &json!({"key": text})])).collect();
    let theirs = signed_by_vendor(desk, &asked).await?;
    let url = Url::parse(TARGET)?;
    for ((name, text), theirs) in texts.iter().zip(theirs) {
        let config = key.config("key.pem".as_ref());
        let signer = signer(&[("config", &config), ("key.pem", text)])
            .map_err(|failure| failure.context(format!("{name} is not read")))?;
        let mut request = Request::new(Method::GET, url.path(), std::time::Duration::from_secs(1));
        signer.sign(&mut request, &url, now).await?;
        let ours = request.headers.get("authorization").map(|value| value.to_str()).transpose()?;
        anyhow::ensure!(
            ours.is_some() && ours == theirs["headers"]["authorization"].as_str(),
            "{name}: {ours:?}"
        );
    }
    Ok(())
}

async fn refusals_name_a_mend_that_works(desk: &Desk, key: &ApiKey) -> anyhow::Result<()> {
    let phrase = Secret::new(PASSPHRASE);
    for (name, command) in REFUSED {
        let text = openssl(desk, &format!("{command} -in api.pem -passin PHRASE")).await?;
        desk.write("old.pem", &text)?;
        let refused = PrivateKey::read(&Secret::new(text), Some(&phrase)).err();
        let words = refused.map(|refused| refused.to_string()).unwrap_or_default();
        let mend = "openssl rsa -aes256 -in old.pem -out new.pem";
        anyhow::ensure!(words.contains(mend), "{name}: {words:?} names no mend");
        openssl(desk, MEND).await?;
        let mended = PrivateKey::read(&Secret::new(desk.read("new.pem")?), Some(&phrase))?;
        anyhow::ensure!(mended.fingerprint() == key.fingerprint, "{name}: {}", mended.fingerprint());
    }
    Ok(())
}

/// Runs `openssl`; what it prints.
async fn openssl(desk: &Desk, command: &str) -> anyhow::Result<String> {
    let arguments: Vec<&str> =
        command.split(' ').map(|word| if word == "PHRASE" { "file:phrases" } else { word }).collect();
    Ok(desk.run(Path::new("/usr/bin/openssl"), &arguments, "").await?.ok()?.to_owned())
}
