//! Every manifest that ships is taken by the real API server as it is: no unknown field, no warning, and a second apply changes
//! nothing.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use slipway_e2e::{ControlPlane, Kubectl, TestNamespace, operator_access, program};

/// Server-side apply with a refusal of every field that the API server does not know.
const APPLY: [&str; 4] = ["apply", "--server-side", "--validate=strict", "--output=json"];

async fn control_plane() -> &'static ControlPlane {
    let control_plane = ControlPlane::shared().await.unwrap();
    control_plane.install().await.unwrap();
    control_plane
}

async fn kubectl(test: &str) -> Kubectl {
    let control_plane = control_plane().await;
    TestNamespace::create(control_plane, test).await.unwrap().kubectl(control_plane)
}

fn config() -> PathBuf {
    program::project().join("config")
}

/// Every file below a folder that `wanted` takes, by its path.
fn files(folder: &Path, wanted: fn(&Path) -> bool) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, wanted));
        } else if wanted(&path) {
            found.insert(path);
        }
    }
    found
}

fn is_kustomization(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == "kustomization.yaml")
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "yaml" || end == "yml") && !is_kustomization(path)
}

fn samples() -> BTreeSet<PathBuf> {
    files(&config().join("samples"), is_manifest)
}

/// What kubectl printed, which must be objects and no warning.
async fn objects(kubectl: &Kubectl, arguments: &[&str]) -> Vec<Value> {
    let output = kubectl.run(arguments).await.unwrap();
    assert!(
        output.code == Some(0) && output.stderr.is_empty(),
        "kubectl {arguments:?} ended with {:?}: {}{}",
        output.code,
        output.stderr,
        output.stdout
    );
    let stream = serde_json::Deserializer::from_str(&output.stdout).into_iter::<Value>();
    let all: Vec<Value> = stream.map(Result::unwrap).collect();
    all.into_iter().flat_map(|object| object["items"].as_array().cloned().unwrap_or(vec![object])).collect()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

async fn apply(kubectl: &Kubectl, path: &Path) -> Vec<Value> {
    objects(kubectl, &[&APPLY[..], &["-f", text(path)]].concat()).await
}

fn name(object: &Value) -> String {
    format!("{}/{}", object["kind"].as_str().unwrap(), object["metadata"]["name"].as_str().unwrap())
}

fn names(objects: &[Value]) -> BTreeSet<String> {
    objects.iter().map(name).collect()
}

#[tokio::test]
async fn every_sample_is_taken_as_it_is_and_a_second_apply_changes_nothing() {
    let kubectl = kubectl("samples").await;
    let samples = samples();
    assert!(samples.len() >= 22, "samples are missing: {samples:?}");
    for sample in samples {
        let first = apply(&kubectl, &sample).await;
        assert!(!first.is_empty(), "{} holds no object", sample.display());
        let second = apply(&kubectl, &sample).await;
        assert_eq!(without_version(&first), without_version(&second), "{}", sample.display());
        // The API server leaves the default of the status out when it stores a new object and adds it with the next write, which is
        // the operator's, or here the second apply. From then on nothing is written at all.
        assert_eq!(second, apply(&kubectl, &sample).await, "{}", sample.display());
    }
}

fn without_version(objects: &[Value]) -> Vec<Value> {
    let mut objects = objects.to_vec();
    for object in &mut objects {
        object["metadata"]["resourceVersion"].take();
    }
    objects
}

#[tokio::test]
async fn an_unknown_field_in_a_sample_would_be_seen() {
    let kubectl = kubectl("strict").await;
    let sample = std::fs::read_to_string(config().join("samples/bare-metal-host-minimal.yaml")).unwrap();
    let wrong = sample.replace("bootMacs:", "bootMac:");
    assert_ne!(wrong, sample);
    let output = kubectl.run_with_input(&[&APPLY[..], &["-f", "-"]].concat(), &wrong).await.unwrap();
    assert!(output.code != Some(0) && output.stderr.contains("bootMac"), "{output:?}");
}

#[tokio::test]
async fn the_samples_as_a_whole_are_all_samples() {
    let kubectl = kubectl("whole").await;
    let folder = config().join("samples");
    let whole = objects(&kubectl, &[&APPLY[..], &["-k", text(&folder)]].concat()).await;
    let mut each = BTreeSet::new();
    for sample in samples() {
        let client = ["create", "--dry-run=client", "--output=json", "-f", text(&sample)];
        let found = names(&objects(&kubectl, &client).await);
        let twice: Vec<_> = found.intersection(&each).collect();
        assert!(twice.is_empty(), "{} repeats {twice:?}", sample.display());
        each.extend(found);
    }
    assert_eq!(names(&whole), each, "config/samples/kustomization.yaml does not list every sample");
    for kind in ["BareMetalHost", "InstallProfile", "Infrastructure", "ClusterSubscription", "Secret"] {
        assert!(each.iter().any(|name| name.starts_with(kind)), "there is no sample of a {kind}");
    }
}

#[tokio::test]
async fn every_secret_that_a_sample_refers_to_is_among_the_samples() {
    let kubectl = kubectl("references").await;
    let folder = config().join("samples");
    let whole = objects(&kubectl, &[&APPLY[..], &["-k", text(&folder)]].concat()).await;
    let secrets: BTreeSet<&str> = whole
        .iter()
        .filter(|object| object["kind"] == "Secret")
        .map(|object| object["metadata"]["name"].as_str().unwrap())
        .collect();
    let mut wanted = BTreeSet::new();
    for object in &whole {
        references(&object["spec"], &mut wanted);
    }
    assert_eq!(secrets, wanted.iter().map(String::as_str).collect(), "Secrets and references differ");
}

/// Names in fields that refer to Secrets.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (field, inner) in fields {
                if ["credentialsRef", "caRef", "secretValuesRef", "kubeconfigRef"].contains(&field.as_str()) {
                    found.insert(inner["name"].as_str().unwrap().to_owned());
                }
                references(inner, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// Properties of a kind's spec.
async fn spec_schema(crd: &str) -> Value {
    let kubectl = control_plane().await.kubectl();
    let path = "jsonpath={.spec.versions[0].schema.openAPIV3Schema.properties.spec}";
    serde_json::from_str(&kubectl.ok(&["get", "crd", crd, "-o", path]).await.unwrap()).unwrap()
}

/// Names of the fields of a part of a spec; `registrar/ocm` is a part of a part.
fn fields<'a>(schema: &'a Value, part: &str) -> BTreeSet<&'a String> {
    let steps = part.split('/').filter(|step| !step.is_empty());
    let part = steps.fold(schema, |schema, step| &schema["properties"][step]);
    part["properties"].as_object().unwrap().keys().collect()
}

/// Asserts that a sample names every field of a spec, and of these parts of it, also if only in a comment.
async fn assert_names_every_field(crd: &str, parts: &[&str], sample: &str) {
    let schema = spec_schema(crd).await;
    let sample = std::fs::read_to_string(config().join("samples").join(sample)).unwrap();
    let all: BTreeSet<&String> = [""].iter().chain(parts).flat_map(|part| fields(&schema, part)).collect();
    assert!(all.len() > 20, "{all:?}");
    let missing: Vec<_> = all.iter().filter(|field| !sample.contains(&format!("{field}:"))).collect();
    assert!(missing.is_empty(), "the sample lacks {missing:?}");
}

#[tokio::test]
async fn the_full_samples_name_every_field() {
    let host = ["install", "reboot", "identity"];
    assert_names_every_field("baremetalhosts.slipway.dev", &host, "bare-metal-host.yaml").await;
    let rack = ["oci", "lookup", "create", "rack", "connection", "upgradeSchedule"];
    assert_names_every_field("infrastructures.slipway.dev", &rack, "infrastructure.yaml").await;
    let record = ["registrar/ocm", "cluster/declared", "product", "support", "capabilities"];
    assert_names_every_field("clustersubscriptions.slipway.dev", &record, "cluster-subscription.yaml").await;
}

#[tokio::test]
async fn every_registrar_and_every_source_of_facts_has_a_sample() {
    let kubectl = kubectl("variants").await;
    let schema = spec_schema("clustersubscriptions.slipway.dev").await;
    let folder = config().join("samples");
    let whole = objects(&kubectl, &[&APPLY[..], &["-k", text(&folder)]].concat()).await;
    let records: Vec<&Value> =
        whole.iter().filter(|object| object["kind"] == "ClusterSubscription").collect();
    for union in ["registrar", "cluster"] {
        let used: BTreeSet<&String> =
            records.iter().flat_map(|record| record["spec"][union].as_object().unwrap().keys()).collect();
        assert_eq!(used, fields(&schema, union), "samples and variants of spec.{union} differ");
    }
}

#[tokio::test]
async fn every_kustomization_is_taken_as_it_is() {
    let kubectl = control_plane().await.kubectl();
    let folders: Vec<PathBuf> = files(&config(), is_kustomization)
        .into_iter()
        .map(|file| file.parent().unwrap().to_path_buf())
        // The kind of the alerts is prometheus-operator's: tests/docs.rs reads them. What is for Argo CD is read by tests/gitops, the components are
        // used by tests/packaging.
        .filter(|folder| !["samples", "alerts", "argocd"].iter().any(|other| folder.ends_with(other)))
        .filter(|folder| !folder.parent().is_some_and(|above| above.ends_with("components")))
        .collect();
    assert!(folders.len() >= 5, "{folders:?}");
    for folder in &folders {
        let dry = ["--dry-run=server", "--force-conflicts", "-k", text(folder)];
        let taken = objects(&kubectl, &[&APPLY[..], &dry].concat()).await;
        assert!(!taken.is_empty(), "{}", folder.display());
    }
    let used: BTreeSet<String> = folders.iter().map(|folder| text(folder).to_owned()).collect();
    for folder in ["default", "demo"] {
        assert!(used.contains(text(&config().join(folder))), "config/{folder} has no kustomization.yaml");
    }
}

#[tokio::test]
async fn the_operators_pod_is_admitted_to_its_restricted_namespace() {
    let kubectl = control_plane().await.kubectl().in_namespace(operator_access::NAMESPACE);
    let deployment: Value =
        serde_json::from_str(&kubectl.ok(&["get", "deployment", "slipway", "-o", "json"]).await.unwrap())
            .unwrap();
    let mut pod = deployment["spec"]["template"].clone();
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["name"] = json!("slipway");
    let create = ["create", "--dry-run=server", "-f", "-"];
    let taken = kubectl.run_with_input(&create, &pod.to_string()).await.unwrap();
    assert!(taken.code == Some(0) && taken.stderr.is_empty(), "{taken:?}");
    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = json!(true);
    let refused = kubectl.run_with_input(&create, &pod.to_string()).await.unwrap();
    assert!(refused.stderr.contains("violates PodSecurity \"restricted"), "{refused:?}");
}
