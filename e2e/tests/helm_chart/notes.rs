//! What helm prints after an installation: the next command, fit for how Slipway was installed.

use crate::stage::{self, Stage};

/// Values, words that the notes have, and words that they do not.
const NOTES: &[(&str, &[&str], &[&str])] = &[
    (
        "",
        &[
            "It serves slipway-system.",
            "helm -n slipway-system test slipway --logs",
            "kubectl -n slipway-system create secret generic u07-bmc",
            "kubectl -n slipway-system get sbmh --watch",
            "kubectl -n slipway-system get service slipway-boot",
        ],
        &["create rolebinding", "pod-security", "crds."],
    ),
    ("namespaces: [a, b]", &["It serves a, b.", "kubectl -n a get sbmh"], &["create rolebinding"]),
    (
        "namespaces: ['*']",
        &[
            "It serves all namespaces.",
            "kubectl -n metal create rolebinding slipway-secret-reader",
            "--clusterrole=slipway-secret-reader --serviceaccount=slipway-system:slipway",
            "kubectl -n metal get sbmh",
        ],
        &[],
    ),
    (
        "{namespaces: ['*'], secretNamespaces: [c]}",
        &["It may read Secrets in c, by name.", "kubectl -n c get sbmh"],
        &["create rolebinding"],
    ),
    (
        "{namespaces: ['*'], secretNamespaces: ['*'], crds: {keep: false}, replicas: 0}",
        &["deletes the definitions", "No replica runs"],
        &["create rolebinding", "It may read"],
    ),
    (
        "{bootService: {expose: HostNetwork}, bootBind: '0.0.0.0:8181', crds: {enabled: false}}",
        &[
            "http://ADDRESS-OF-A-NODE:8181/boot.ipxe",
            "pod-security.kubernetes.io/enforce=privileged",
            "crds.enabled",
        ],
        &["get service"],
    ),
];

pub(crate) async fn next_commands(stage: Stage) -> anyhow::Result<()> {
    let (desk, chart) = (stage.desk()?, stage::chart());
    // Helm wants a cluster for this and changes nothing there; definitions there may be another release's.
    let kubeconfig = stage.control_plane().await?.kubeconfig();
    for (values, has, lacks) in NOTES {
        let arguments = [
            "install",
            stage::RELEASE,
            stage::path(&chart)?,
            "--dry-run=client",
            "--take-ownership",
            "--namespace=slipway-system",
            "--values=-",
        ];
        let said = desk.helm(Some(&kubeconfig), &arguments, values).await?;
        let (_, notes) = said.ok()?.split_once("\nNOTES:\n").unwrap_or_default();
        for words in *has {
            anyhow::ensure!(notes.contains(words), "{values}: the notes lack {words:?}:\n{notes}");
        }
        for words in *lacks {
            anyhow::ensure!(!notes.contains(words), "{values}: the notes have {words:?}:\n{notes}");
        }
    }
    Ok(())
}
