//! Each component over the installation for the whole cluster is taken by the API server and does what it is for.

use std::collections::BTreeSet;

use anyhow::Context as _;
use serde_json::Value;
use slipway_e2e::{ControlPlane, TestNamespace, operator_access, program};

use crate::kinds;
use crate::kustomize::{Overlay, apply, is};

/// What a component must have changed; `Err` says what it has not.
type Effect = fn(&[Value]) -> Result<(), String>;

/// Folders of components in the order of a kustomization, and what they do together.
const TOGETHER: [(&[&str], Effect); 4] = [
    (&["network-policy"], |objects| the(objects, "NetworkPolicy", "/spec/policyTypes/1", "Egress")),
    (&["pod-monitor"], |objects| the(objects, "PodMonitor", "/spec/podMetricsEndpoints/0/port", "metrics")),
    (&["pod-monitor", "metrics-tls"], |objects| {
        let probe = "/spec/template/spec/containers/0/readinessProbe/httpGet/scheme";
        the(objects, "Deployment", probe, "HTTPS")?;
        the(objects, "PodMonitor", "/spec/podMetricsEndpoints/0/scheme", "https")
    }),
    (&["host-network", "metrics-tls"], |objects| {
        let policy = "/metadata/labels/pod-security.kubernetes.io~1enforce";
        the(objects, "Namespace", policy, "privileged")?;
        the(objects, "Deployment", "/spec/template/spec/dnsPolicy", "ClusterFirstWithHostNet")?;
        match objects.iter().find(|object| object["metadata"]["name"] == "slipway-boot") {
            Some(left) => Err(format!("nobody needs {left}")),
            None => Ok(()),
        }
    }),
];

/// Applied by itself, in a namespace that holds hosts.
const ALONE: &str = "secret-reader";

/// The installation has been applied.
pub(crate) async fn each(control_plane: &ControlPlane) -> anyhow::Result<()> {
    kinds::define(control_plane, &kinds::POD_MONITOR).await?;
    // A dry run does not change the namespace that the pods are judged by, so that it is changed before.
    admit_all_pods(control_plane).await?;
    let kubectl = control_plane.kubectl();
    let mut tried = BTreeSet::from([ALONE.to_owned()]);
    for (names, effect) in TOGETHER {
        let folders: Vec<String> = names.iter().map(|name| format!("config/components/{name}")).collect();
        let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
        let overlay = Overlay::new(&["config/default"], &folders, None)?;
        let taken = apply(&kubectl, overlay.folder(), &["--dry-run=server", "--force-conflicts"]).await?;
        effect(&taken).map_err(anyhow::Error::msg).with_context(|| format!("{names:?}"))?;
        tried.extend(names.iter().map(|&name| name.to_owned()));
    }
    let shipped = std::fs::read_dir(program::project().join("config/components"))?;
    for folder in shipped {
        let name = folder?.file_name().to_string_lossy().into_owned();
        anyhow::ensure!(tried.contains(&name), "nothing tries the component {name}");
    }
    secret_reader(control_plane).await
}

async fn admit_all_pods(control_plane: &ControlPlane) -> anyhow::Result<()> {
    use k8s_openapi::api::core::v1::Namespace;
    use kube::api::{Patch, PatchParams};
    let label =
        serde_json::json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}});
    let namespaces: kube::Api<Namespace> = kube::Api::all(control_plane.client().await?);
    namespaces.patch(operator_access::NAMESPACE, &PatchParams::default(), &Patch::Merge(label)).await?;
    Ok(())
}

/// The operator's account may get Secrets in that namespace, not list them, and nothing in another.
async fn secret_reader(control_plane: &ControlPlane) -> anyhow::Result<()> {
    let namespace = TestNamespace::create(control_plane, "secret-reader").await?;
    let folder = program::project().join("config/components").join(ALONE);
    apply(&namespace.kubectl(control_plane), &folder, &[]).await?;
    for (place, verb, wanted) in
        [(namespace.name(), "get", true), (namespace.name(), "list", false), ("default", "get", false)]
    {
        let allowed = may(control_plane, place, verb).await?;
        anyhow::ensure!(allowed == wanted, "{verb} secrets in {place}: {allowed}");
    }
    Ok(())
}

async fn may(control_plane: &ControlPlane, namespace: &str, verb: &str) -> anyhow::Result<bool> {
    use k8s_openapi::api::authorization::v1::SubjectAccessReview;
    let review = serde_json::json!({
        "spec": {
            "user": "system:serviceaccount:slipway-system:slipway",
            "resourceAttributes": {"namespace": namespace, "verb": verb, "version": "v1", "resource": "secrets"},
        },
    });
    let reviews: kube::Api<SubjectAccessReview> = kube::Api::all(control_plane.client().await?);
    let answer = reviews.create(&kube::api::PostParams::default(), &serde_json::from_value(review)?).await?;
    Ok(answer.status.context("a review without an answer")?.allowed)
}

/// Asserts one value of the only object of a kind.
fn the(objects: &[Value], kind: &str, path: &str, wanted: &str) -> Result<(), String> {
    let object = objects.iter().find(|object| is(object, kind)).ok_or(format!("no {kind}"))?;
    let found = object.pointer(path);
    if found == Some(&wanted.into()) {
        Ok(())
    } else {
        Err(format!("{kind}: {path} is {found:?}, not {wanted}"))
    }
}
