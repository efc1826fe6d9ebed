//! The shipped profiles: what they render to, and that it keeps to the rules.
//!
//! `SLIPWAY_GOLDEN=write cargo test -p slipway-netboot` writes the expected files anew; read the difference.

use std::{collections::BTreeMap, env, fs, path::PathBuf, sync::Arc};

use slipway_core::{
    boot::{BootPort, Ticket},
    secret::Secret,
};

use crate::{
    checker::broken_rule,
    profile::{Sample, fetchable, samples},
    rig::{Rig, ticket},
};

const VALUES: [(&str, &str); 7] = [
    ("hostname", "u07"),
    ("ssh_keys", "ssh-ed25519 AAAAC3Nza one@example.com\nssh-ed25519 AAAAC3Nzb two@example.com"),
    ("ssh_key", "ssh-ed25519 AAAAC3Nza it's@example.com"),
    ("vip", "192.0.2.10"),
    ("host.mac", "52:54:00:00:00:07"),
    ("host.uuid", "11223344-5566-7788-99aa-bbccddeeff00"),
    ("host.serial", "SN+1/2"),
];

const SECRETS: [(&str, &str); 3] = [
    ("token", "canary \"token\""),
    ("password_hash", "$6$canary$x/."),
    ("machine_config", "version: v1alpha1\nmachine:\n  token: canary"),
];

fn sample_ticket(sample: &Sample) -> Ticket {
    Ticket {
        recipe: Arc::new(fetchable(&sample.recipe)),
        values: VALUES.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        secret_values: SECRETS
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Secret::new(*value)))
            .collect(),
        ..ticket(1)
    }
}

fn expect(profile: &str, file: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(profile).join(file);
    if env::var_os("SLIPWAY_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, actual).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(actual, expected, "{profile}/{file} differs; see the head of this file");
}

#[tokio::test]
async fn every_sample_renders_to_its_golden_files() {
    let samples = samples();
    assert_eq!(samples.len(), 6);
    for sample in &samples {
        let rig = Rig::new();
        let path = rig.publish(sample_ticket(sample)).await;
        let script = rig.script().await;
        assert_eq!(broken_rule(&script), None, "{}", sample.name);
        assert!(!script.contains("canary"), "{}", sample.name);
        expect(&sample.name, "script.ipxe", &script);
        for file in &sample.recipe.answer_files {
            let answer = rig.get(&format!("{path}/answers/{}", file.name)).await;
            assert_eq!(
                (answer.status.as_u16(), answer.header("content-type")),
                (200, file.content_type.as_str())
            );
            expect(&sample.name, &format!("answers/{}", file.name), &answer.body);
        }
    }
}

#[tokio::test]
async fn every_sample_passes_the_check_and_none_without_its_values() {
    let rig = Rig::new();
    for sample in samples() {
        assert_eq!(rig.service.check_recipe(&sample.recipe), Ok(()), "{}", sample.name);
        let ticket = sample_ticket(&sample);
        assert_eq!(rig.service.check(&ticket), Ok(()), "{}", sample.name);
        let bare = Ticket { values: BTreeMap::new(), secret_values: BTreeMap::new(), ..ticket };
        // Flatcar's sample has a default for everything.
        if sample.name != "flatcar-ignition" {
            let failure = rig.service.check(&bare).unwrap_err();
            assert!(failure.message.contains("has no value"), "{}: {failure}", sample.name);
        }
    }
}

#[tokio::test]
async fn yaml_and_json_of_the_samples_can_be_read_by_their_installers() {
    for sample in samples() {
        let rig = Rig::new();
        let path = rig.publish(sample_ticket(&sample)).await;
        for file in &sample.recipe.answer_files {
            let text = rig.get(&format!("{path}/answers/{}", file.name)).await.body;
            let result = match file.content_type.as_str() {
                "text/yaml" => serde_yaml::from_str::<serde_yaml::Value>(&text)
                    .map(drop)
                    .map_err(|error| error.to_string()),
                "application/json" => serde_json::from_str::<serde_json::Value>(&text)
                    .map(drop)
                    .map_err(|error| error.to_string()),
                _ => Ok(()),
            };
            assert_eq!(result, Ok(()), "{}/{}:\n{text}", sample.name, file.name);
        }
    }
}

#[test]
fn only_the_installer_that_cannot_call_back_is_complete_when_served() {
    for sample in samples() {
        let calls_back =
            sample.recipe.answer_files.iter().any(|file| file.template.contains("callback.done"));
        assert_eq!(
            sample.completion,
            if calls_back { "Callback" } else { "ScriptServed" },
            "{}",
            sample.name
        );
    }
}

#[test]
fn values_of_the_tests_are_all_used_or_known() {
    let text: String = samples()
        .iter()
        .flat_map(|sample| sample.recipe.answer_files.clone())
        .map(|file| file.template)
        .collect();
    for (name, _) in SECRETS {
        assert!(text.contains(&format!("secrets.{name}")), "{name}");
    }
}
