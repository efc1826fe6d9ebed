use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::Value;
use slipway_core::{reason::Reason, secret::Secret};

use super::{Credential, Form, OperatorIdentity, Principal};

const TENANCY: &str = "ocid1.tenancy.oc1..aaaatenancy";
const USER: &str = "ocid1.user.oc1..aaaauser";
const OTHER: &str = "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff";

fn data(name: &str) -> Value {
    let text = match name {
        "keys" => include_str!("../../tests/data/keys.json"),
        _ => include_str!("../../tests/data/requests.json"),
    };
    serde_json::from_str(text).unwrap()
}

fn pem(name: &str) -> String {
    data("keys")["keys"][name].as_str().unwrap().to_owned()
}

fn fingerprint() -> String {
    data("keys")["fingerprint"].as_str().unwrap().to_owned()
}

fn passphrase() -> String {
    data("keys")["passphrase"].as_str().unwrap().to_owned()
}

fn session_token() -> String {
    data("requests")["session_token"].as_str().unwrap().to_owned()
}

fn secret(entries: &[(&str, &str)]) -> BTreeMap<String, Secret> {
    entries.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(*value))).collect()
}

/// The single fields of a sound API key, some of them replaced, those without a value left out.
fn fields(changes: &[(&str, Option<&str>)]) -> BTreeMap<String, Secret> {
    let (key, print) = (pem("pkcs8"), fingerprint());
    let mut content = secret(&[("tenancy", TENANCY), ("user", USER), ("fingerprint", &print), ("key", &key)]);
    for (name, value) in changes {
        match value {
            Some(value) => content.insert((*name).to_owned(), Secret::new(*value)),
            None => content.remove(*name),
        };
    }
    content
}

fn key_id(principal: &Principal) -> &str {
    match &principal.credential {
        Credential::ApiKey { key_id, .. } => key_id,
        other => panic!("{other:?}"),
    }
}

fn refusal(content: &BTreeMap<String, Secret>) -> String {
    let failure = Principal::read(content, OperatorIdentity::Refused).unwrap_err();
    assert!([Reason::SecretIncomplete, Reason::CredentialsInvalid].contains(&failure.reason));
    for (name, secret) in content {
        let hidden = !["tenancy", "user", "fingerprint", "profile", "region", "authentication_type"]
            .contains(&name.as_str());
        let long = secret.expose().len() > 12;
        assert!(!(hidden && long && failure.message.contains(secret.expose())), "{name} is shown: {failure}");
    }
    assert!(!failure.message.contains("canary") && !failure.message.contains("MII"), "{failure}");
    failure.message
}

#[test]
fn single_fields_make_an_api_key() {
    let upper = fingerprint().to_uppercase() + "\n";
    for content in [
        fields(&[]),
        fields(&[
            ("region", Some("iad\n")),
            ("fingerprint", Some(&upper)),
            ("pass_phrase", Some("not needed")),
        ]),
        fields(&[("key", Some(&pem("pkcs1-aes256"))), ("pass_phrase", Some(&(passphrase() + "\n")))]),
        fields(&[("tenancy", Some(&format!(" {TENANCY}\n"))), ("key", Some(&pem("pkcs8-labelled")))]),
    ] {
        let principal = Principal::read(&content, OperatorIdentity::Refused).unwrap();
        assert_eq!(principal.form(), Form::ApiKey);
        assert_eq!(key_id(&principal), format!("{TENANCY}/{USER}/{}", fingerprint()));
        assert!(principal.region().is_none_or(|region| region.as_str() == "us-ashburn-1"));
    }
}

#[test]
fn a_configuration_file_is_taken_as_it_is() {
    let config = data("requests")["config"].as_str().unwrap().to_owned();
    let (plain, encrypted, token) = (pem("pkcs8"), pem("pkcs8-pbes2"), session_token());
    let files = [
        ("key.pem", plain.as_str()),
        ("key-encrypted.pem", &encrypted),
        ("oci_api_key.pem", &plain),
        ("token", &token),
    ];
    for (profile, form, region) in [
        (None, Form::ApiKey, "us-ashburn-1"),
        (Some("DEFAULT"), Form::ApiKey, "us-ashburn-1"),
        (Some("ENCRYPTED\n"), Form::ApiKey, "us-phoenix-1"),
        (Some("SESSION"), Form::Session, "us-ashburn-1"),
    ] {
        let mut content = secret(&files);
        content.insert("config".to_owned(), Secret::new(config.as_str()));
        content.extend(profile.map(|profile| ("profile".to_owned(), Secret::new(profile))));
        let principal = Principal::read(&content, OperatorIdentity::Refused).unwrap();
        assert_eq!((principal.form(), principal.region().unwrap().as_str()), (form, region), "{profile:?}");
    }
    let only = secret(&[("config", &config), ("anything", &plain)]);
    assert_eq!(Principal::read(&only, OperatorIdentity::Refused).unwrap().form(), Form::ApiKey);
    let beside = secret(&[("config", &config), ("profile", "ENCRYPTED"), ("x", &encrypted)]);
    assert_eq!(Principal::read(&beside, OperatorIdentity::Refused).unwrap().form(), Form::ApiKey);
}

#[test]
fn a_session_needs_token_and_key_only() {
    let (key, token) = (pem("pkcs8"), session_token() + "\n");
    let content = secret(&[("security_token", &token), ("key", &key)]);
    let principal = Principal::read(&content, OperatorIdentity::Refused).unwrap();
    assert_eq!(principal.form(), Form::Session);
}

#[test]
fn the_operators_own_identity_needs_the_administrators_word() {
    for (kind, form) in [
        ("instance_principal", Form::InstancePrincipal),
        ("resource_principal", Form::ResourcePrincipal),
        ("oke_workload_identity", Form::WorkloadIdentity),
    ] {
        let config = format!("[DEFAULT]\nauthentication_type={kind}\nregion=fra");
        for content in
            [secret(&[("authentication_type", kind), ("region", "fra")]), secret(&[("config", &config)])]
        {
            let principal = Principal::read(&content, OperatorIdentity::Permitted).unwrap();
            assert_eq!((principal.form(), principal.region().unwrap().as_str()), (form, "eu-frankfurt-1"));
            let message = refusal(&content);
            assert!(message.contains("--allow-oci-principal") && message.contains(kind), "{message}");
        }
    }
    let message = refusal(&secret(&[("authentication_type", "api-key")]));
    assert!(message.contains("\"api-key\"") && message.contains("instance_principal"), "{message}");
}

#[test]
fn every_mistake_in_single_fields_names_key_and_mend() {
    let long = "x".repeat(500);
    let (public, small, encrypted) = (pem("public"), pem("rsa-1024"), pem("pkcs8-pbes2"));
    for (changes, words) in [
        (&[("user", None)][..], &["`user` is missing; add it"][..]),
        (&[("key", None)], &["`key` is missing"]),
        (&[("fingerprint", None)], &["`fingerprint` is missing"]),
        (&[("tenancy", Some(" \n"))], &["`tenancy` is empty"]),
        (&[("tenancy", Some(USER))], &["`tenancy`", USER, "the OCID of a user"]),
        (&[("user", Some("anna"))], &["`user` is \"anna\"", "ocid1.user.oc1"]),
        (&[("user", Some(&long))], &["`user` is \"too long a text\""]),
        (&[("fingerprint", Some("12:34"))], &["`fingerprint` is \"12:34\"", "sixteen pairs"]),
        (
            &[("fingerprint", Some(OTHER))],
            &[OTHER, "95:45:57:84:33:f7:13:08:7b:a5:ad:06:06:5e:6d:c8", "does not belong"],
        ),
        (&[("key", Some(&public))], &["`key` holds a public key"]),
        (&[("key", Some("/home/me/key.pem"))], &["`key` holds no private key in PEM"]),
        (&[("key", Some(&small))], &["`key` has 1024 bits", "2048"]),
        (&[("key", Some(&encrypted))], &["`key` is encrypted", "add `pass_phrase`"]),
        (&[("key", Some(&encrypted)), ("pass_phrase", Some("canary"))], &["`key`", "correct `pass_phrase`"]),
        (&[("region", Some(""))], &["`region`", "the region is empty"]),
        (&[("region", Some("us east"))], &["`region`", "\"us east\""]),
        (&[("security_token", Some("canary"))], &["`security_token` is no session token"]),
        (
            &[("user", None), ("tenancy", None), ("region", Some("")), ("key", Some(""))],
            &["`user` is missing", "`tenancy` is missing", "`region`", "`key` is empty", "(4)"],
        ),
    ] {
        let message = refusal(&fields(changes));
        for word in words {
            assert!(message.contains(word), "{word} in {message}");
        }
        assert_eq!(message.contains("(1)"), changes.len() > 2, "{message}");
    }
}

#[test]
fn every_mistake_in_a_configuration_file_names_its_place() {
    let key = pem("pkcs8");
    let good = data("requests")["config"].as_str().unwrap().to_owned();
    for (content, words) in [
        (secret(&[]), &["neither `config`", "`fingerprint`", "`authentication_type`"][..]),
        (secret(&[("config", " "), ("key.pem", &key)]), &["`config` is empty"]),
        (secret(&[("config", "canary")]), &["`config` line 1"]),
        (secret(&[("config", "user=canary")]), &["`config` line 1 stands before"]),
        (
            secret(&[("config", &good), ("key.pem", &key), ("profile", "prod")]),
            &["no profile [prod]", "[DEFAULT], [ENCRYPTED], [SESSION]"],
        ),
        (secret(&[("config", &good)]), &["\"key.pem\"", "add the private key's file"]),
        (secret(&[("config", &good), ("a", &key), ("b", &key)]), &["\"key.pem\"", "[\"a\", \"b\"]"]),
        (secret(&[("config", &good), ("key.pem", &key), ("user", USER)]), &["both `config` and `user`"]),
        (
            secret(&[("config", &good), ("key.pem", &key), ("profile", "SESSION")]),
            &["`security_token_file` in profile [SESSION] of `config`", "\"token\""],
        ),
        (
            secret(&[("config", "[DEFAULT]\nkey_file=k\nregion="), ("k", &key)]),
            &[
                "`tenancy` is missing in profile [DEFAULT] of `config`",
                "`user` is missing",
                "`fingerprint` is missing",
                "region is empty",
            ],
        ),
    ] {
        let message = refusal(&content);
        for word in words {
            assert!(message.contains(word), "{word} in {message}");
        }
    }
}

#[test]
fn what_is_missing_and_what_is_wrong_have_their_own_reasons() {
    for (content, reason) in [
        (fields(&[("user", None), ("key", Some(" "))]), Reason::SecretIncomplete),
        (fields(&[("user", None), ("tenancy", Some("mine"))]), Reason::CredentialsInvalid),
        (secret(&[]), Reason::SecretIncomplete),
        (secret(&[("authentication_type", "instance_principal")]), Reason::CredentialsInvalid),
    ] {
        assert_eq!(Principal::read(&content, OperatorIdentity::Refused).unwrap_err().reason, reason);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_content_is_read_without_a_panic(
        entries in prop::collection::btree_map(
            prop::sample::select(vec!["config", "profile", "tenancy", "user", "fingerprint", "key", "security_token", "region", "x"]),
            "(\\[DEFAULT\\]\n|key_file=x\n|user=|ocid1\\.user\\.|-----BEGIN PRIVATE KEY-----\n|\\PC{0,4}){0,5}",
            0..6,
        )
    ) {
        let content: BTreeMap<String, Secret> =
            entries.iter().map(|(name, value)| ((*name).to_owned(), Secret::new(value.as_str()))).collect();
        let failure = Principal::read(&content, OperatorIdentity::Permitted).unwrap_err();
        prop_assert!(failure.message.len() > 60, "{}", failure.message);
    }
}
