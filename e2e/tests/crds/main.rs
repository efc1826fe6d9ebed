//! The definitions against the real API server: every rule accepts and refuses, columns print, defaults appear.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may end so, and so may what it calls")]

mod case;
mod columns;
mod objects;
mod rules;

use columns::{COLUMNS, patch_status};
use objects::{HOST, OBJECTS, apply_all, manifest, namespace};

#[tokio::test]
async fn an_unseen_or_wiped_status_says_minus_one() -> anyhow::Result<()> {
    let (_, kubectl) = namespace("unseen").await?;
    apply_all(&kubectl).await?;
    for (short, status, ..) in COLUMNS {
        let observed = ["get", short, "x", "-o", "jsonpath={.status}"];
        assert_eq!(kubectl.ok(&observed).await?, r#"{"observedGeneration":-1}"#, "{short} new");

        patch_status(&kubectl, short, status).await?;
        assert!(kubectl.ok(&observed).await?.contains(r#""observedGeneration":1"#), "{short} seen");
        for wiped in ["{}", "null"] {
            let wipe = format!(r#"[{{"op": "add", "path": "/status", "value": {wiped}}}]"#);
            kubectl.ok(&["patch", short, "x", "--subresource=status", "--type=json", "-p", &wipe]).await?;
            assert_eq!(
                kubectl.ok(&observed).await?,
                r#"{"observedGeneration":-1}"#,
                "{short} wiped with {wiped}"
            );
        }
    }
    Ok(())
}

#[tokio::test]
async fn defaults_are_in_the_stored_object() -> anyhow::Result<()> {
    let (_, kubectl) = namespace("defaults").await?;
    let host = r#"{"management": {"redfish": {"address": "https://h", "credentialsRef": {"name": "s"}}},
        "bootMacs": ["52:54:00:00:00:07"], "install": {"id": "1", "profileRef": {"name": "p"}}}"#;
    kubectl.apply(&manifest("BareMetalHost", "x", host)).await?;
    let fields = "{.spec.architecture} {.spec.firmware} {.spec.suspend} {.spec.deletionPolicy} {.spec.power} \
                  {.spec.install.method} {.spec.install.runningHost} {.spec.install.timeout}";
    let seen = kubectl.ok(&["get", "sbmh", "x", "-o", &format!("jsonpath={fields}")]).await?;
    assert_eq!(seen, "x86_64 Uefi false Retain  Auto Stop 45m");

    let profile = r##"{"os": {"name": "a"}, "boot": {"script": "#!ipxe"}, "answerFiles": [{"name": "a", "template": ""}]}"##;
    kubectl.apply(&manifest("InstallProfile", "x", profile)).await?;
    let fields = "{.spec.localBoot} {.spec.completion} {.spec.retries} {.spec.answerFiles[0].contentType}";
    let seen = kubectl.ok(&["get", "iprof", "x", "-o", &format!("jsonpath={fields}")]).await?;
    assert_eq!(seen, r#"{"mode":"Auto"} Callback 2 text/plain"#);
    Ok(())
}

#[tokio::test]
async fn an_unknown_field_is_refused_by_default_and_pruned_with_a_warning_otherwise() -> anyhow::Result<()> {
    let (_, kubectl) = namespace("unknown").await?;
    for (kind, spec) in OBJECTS {
        let wrong = manifest(kind, "x", spec).replacen(r#""suspend""#, r#""suspended""#, 1);
        let wrong = wrong.replacen(r#""retries""#, r#""retry""#, 1);
        let strict = kubectl.run_with_input(&["apply", "-f", "-"], &wrong).await?;
        assert_ne!(strict.code, Some(0), "{kind}");
        assert!(strict.stderr.contains("unknown field \"spec."), "{kind}: {}", strict.stderr);

        let warned = kubectl.run_with_input(&["apply", "--validate=warn", "-f", "-"], &wrong).await?;
        assert_eq!(warned.code, Some(0), "{kind}: {}", warned.stderr);
        assert!(warned.stderr.contains("Warning: unknown field"), "{kind}: {}", warned.stderr);
        let stored = kubectl.ok(&["get", &kind.to_lowercase(), "x", "-o", "jsonpath={.spec}"]).await?;
        assert!(!stored.contains("suspended") && !stored.contains("\"retry\""), "{kind}: {stored}");
    }
    Ok(())
}

#[tokio::test]
async fn a_list_holds_each_key_once() -> anyhow::Result<()> {
    let (_, kubectl) = namespace("keys").await?;
    let twice = HOST.replace(r#"["52:54:00:00:00:07"]"#, r#"["52:54:00:00:00:07", "52:54:00:00:00:07"]"#);
    let refused =
        kubectl.run_with_input(&["apply", "-f", "-"], &manifest("BareMetalHost", "x", &twice)).await?;
    assert!(refused.stderr.contains("spec.bootMacs[1]: Duplicate value"), "{}", refused.stderr);
    Ok(())
}

#[tokio::test]
async fn a_person_finds_the_way() -> anyhow::Result<()> {
    let (_, kubectl) = namespace("person").await?;
    apply_all(&kubectl).await?;
    let all = kubectl.ok(&["get", "slipway", "-o", "name"]).await?;
    for (kind, spec) in OBJECTS {
        let name = format!("{}.slipway.dev/x", kind.to_lowercase());
        assert!(all.contains(&name), "{name} is not in {all}");
        // The same manifest again is no change: what a Git tool compares stays equal.
        assert!(kubectl.apply(&manifest(kind, "x", spec)).await?.contains("unchanged"), "{kind}");
    }
    let explained = kubectl.ok(&["explain", "sbmh.spec.install.timeout"]).await?;
    assert!(explained.contains("1m to 24h. Default `45m`. Mutable."), "{explained}");
    Ok(())
}

/// YAML takes a bare Off for false; the answer must say so rather than switch something.
#[tokio::test]
async fn a_bare_off_is_refused_and_a_quoted_one_accepted() -> anyhow::Result<()> {
    let (_, kubectl) = namespace("off").await?;
    let yaml = |off: &str| {
        format!(
            "apiVersion: slipway.dev/v1alpha1\nkind: BareMetalHost\nmetadata: {{name: x}}\nspec:\n  power: {off}\n  \
             management: {{redfish: {{address: https://h, credentialsRef: {{name: s}}}}}}\n"
        )
    };
    let bare = kubectl.run_with_input(&["apply", "-f", "-"], &yaml("Off")).await?;
    assert!(bare.stderr.contains("spec.power: Invalid value: \"boolean\""), "{}", bare.stderr);
    kubectl.apply(&yaml("\"Off\"")).await?;
    Ok(())
}
