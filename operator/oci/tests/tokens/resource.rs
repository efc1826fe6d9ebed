//! Resource principals: values and files, the files read anew.

use std::sync::Arc;

use slipway_core::{reason::Reason, secret::Secret};
use slipway_oci::{Environment, ResourcePrincipal, Signer};

use crate::cloud::{account, at, environment, jwt, key_id, keyring, passphrase, pem, start};

fn signer(resource_principal: ResourcePrincipal) -> Arc<Signer> {
    let environment = Environment { resource_principal, ..environment() };
    keyring(environment).signer(&account("1", &[("authentication_type", "resource_principal")])).unwrap()
}

fn given(token: &str, pem: &str, passphrase: Option<&str>) -> ResourcePrincipal {
    ResourcePrincipal {
        version: Some("2.2".to_owned()),
        token: Some(Secret::new(token)),
        private_pem: Some(Secret::new(pem)),
        passphrase: passphrase.map(Secret::new),
    }
}

#[tokio::test]
async fn values_are_used_as_they_are() {
    let token = jwt(at(3600), 1);
    let signer = signer(given(&token, &pem("pkcs8-pbes2"), Some(&passphrase())));
    assert_eq!(key_id(&signer, start()).await.unwrap(), format!("ST${token}"));
    assert_eq!(key_id(&signer, at(3500)).await.unwrap(), format!("ST${token}"));
    let failure = key_id(&signer, at(3700)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::CloudFault, "{failure}");
}

#[tokio::test]
async fn files_are_read_anew_near_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("rpst"), jwt(at(3600), 1) + "\n").unwrap();
    std::fs::write(path("key"), pem("pkcs1-aes256")).unwrap();
    std::fs::write(path("passphrase"), passphrase() + "\n").unwrap();
    let signer = signer(given(&path("rpst"), &path("key"), Some(&path("passphrase"))));
    assert_eq!(key_id(&signer, start()).await.unwrap(), format!("ST${}", jwt(at(3600), 1)));
    std::fs::write(path("rpst"), jwt(at(7200), 2)).unwrap();
    assert_eq!(key_id(&signer, at(1800)).await.unwrap(), format!("ST${}", jwt(at(3600), 1)));
    assert_eq!(key_id(&signer, at(3500)).await.unwrap(), format!("ST${}", jwt(at(7200), 2)));
}

#[tokio::test]
async fn what_was_not_injected_is_named() {
    let token = jwt(at(3600), 1);
    for (given, words) in [
        (ResourcePrincipal::default(), "OCI_RESOURCE_PRINCIPAL_VERSION of the operator is not set"),
        (ResourcePrincipal { version: Some("3.0".to_owned()), ..given(&token, "", None) }, "\"3.0\""),
        (
            ResourcePrincipal { token: None, ..given(&token, "", None) },
            "OCI_RESOURCE_PRINCIPAL_RPST of the operator is not set",
        ),
        (given(&token, "canary", None), "PRIVATE_PEM of the operator holds no private key"),
        (given(&token, "/nonexistent/key", None), "/nonexistent/key"),
        (given("canary", &pem("pkcs8"), None), "RPST of the operator is no token"),
    ] {
        let failure = key_id(&signer(given), start()).await.unwrap_err();
        assert_eq!(failure.reason, Reason::CredentialsInvalid, "{failure}");
        assert!(failure.message.contains(words) && !failure.message.contains("canary"), "{failure}");
    }
}
