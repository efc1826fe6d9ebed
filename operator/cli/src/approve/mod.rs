//! `kubectl slipway approve`: a person lets a rack's connection through (`facts/oci.md §1.4`).

mod comparison;
mod decision;

use std::io::{IsTerminal as _, Write};

use anyhow::{Context as _, bail};
use kube::api::{Api, Patch, PatchParams, ValidationDirective};
use slipway_crds::v1alpha1::infrastructure::Infrastructure;

use crate::args::ApproveArgs;
use crate::cluster::Cluster;
use crate::question::confirmed;
use comparison::Comparison;
use decision::{Approval, decide};

/// Whom managed fields name for the approval.
const FIELD_MANAGER: &str = "kubectl-slipway";
const NO_TERMINAL: &str = "standard input is no terminal, so nobody can be asked: add --yes, and --fingerprint VALUE to approve only \
     what was read at the rack";

/// Shows, decides, asks, writes; in this order, so that a refusal too comes with what it speaks of.
pub(crate) async fn run(cluster: &Cluster, args: &ApproveArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let api: Api<Infrastructure> = Api::namespaced(cluster.client.clone(), &cluster.namespace);
    let place = Place { namespace: &cluster.namespace, name: &args.name };
    let infrastructure = api.get(&args.name).await.map_err(|error| place.failure(error))?;
    show(&infrastructure, &place, out)?;
    let refused = || format!("{} is not approved", place.object());
    let approval = decide(&infrastructure, args.fingerprint.as_ref()).with_context(refused)?;
    if !args.yes {
        if !std::io::stdin().is_terminal() {
            bail!(NO_TERMINAL);
        }
        if !confirmed("Let this rack connect to Oracle Cloud?", &mut std::io::stdin().lock(), out)? {
            bail!("not confirmed; {}", refused());
        }
    }
    write(&api, &place, &approval).await?;
    writeln!(out, "{}", place.done(&approval))?;
    Ok(())
}

fn show(infrastructure: &Infrastructure, place: &Place<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    let handshake = infrastructure.status.as_ref().and_then(|status| status.handshake.as_ref());
    let attempt = handshake.map_or(0, |handshake| handshake.attempt);
    let state = decision::connection_state(infrastructure);
    writeln!(out, "{}: handshake attempt {attempt}, connection {state}\n", place.object())?;
    let [rack, oci] = decision::fingerprints(infrastructure);
    writeln!(out, "{}\n", Comparison { rack: rack.as_ref(), oci: oci.as_ref() })
}

async fn write(api: &Api<Infrastructure>, place: &Place<'_>, approval: &Approval) -> anyhow::Result<()> {
    let params = PatchParams {
        field_manager: Some(FIELD_MANAGER.to_owned()),
        field_validation: Some(ValidationDirective::Strict),
        ..PatchParams::default()
    };
    match api.patch(place.name, &params, &Patch::Merge(approval.patch())).await {
        Ok(_) => Ok(()),
        Err(error @ kube::Error::Api(_)) => Err(place.failure(error)),
        Err(error) => {
            let lost = format!("no answer came, so it may be approved or not; look: {}", place.look());
            Err(anyhow::Error::new(error).context(lost))
        }
    }
}

/// The object in words and in commands to copy.
struct Place<'a> {
    namespace: &'a str,
    name: &'a str,
}

impl Place<'_> {
    fn object(&self) -> String {
        format!("infrastructure {}/{}", self.namespace, self.name)
    }

    fn look(&self) -> String {
        format!("kubectl -n {} get sinfra {} -o yaml", self.namespace, self.name)
    }

    /// What an answer of the API server means for the person who asked.
    fn failure(&self, error: kube::Error) -> anyhow::Error {
        let code = if let kube::Error::Api(status) = &error { status.code } else { 0 };
        let Self { namespace, name } = self;
        let words = match code {
            // Nothing more: the server's words would only tell of versions.
            409 => {
                return anyhow::anyhow!(
                    "{} changed while you looked, and nothing was approved. Look again: kubectl slipway approve {name} -n {namespace}",
                    self.object()
                );
            }
            403 => format!(
                "you may not do this; an administrator can let you: kubectl -n {namespace} create rolebinding slipway-approvers \
                 --clusterrole=slipway-approver --user=YOU"
            ),
            404 => format!("there is no {}; see: kubectl -n {namespace} get sinfra", self.object()),
            _ => format!("{} cannot be read or written", self.object()),
        };
        let cause = match error {
            kube::Error::Api(status) => anyhow::Error::msg(status.message),
            other => other.into(),
        };
        cause.context(words)
    }

    /// What was done and what happens next.
    fn done(&self, approval: &Approval) -> String {
        let Self { namespace, name } = self;
        let next = if approval.suspended {
            "It is suspended: nothing happens until spec.suspend is false."
        } else {
            "Slipway now reads both fingerprints again, accepts the connection at OCI while they are still these, and waits for CONNECTED."
        };
        format!(
            "{} approved.\n\n{next}\nThe approval is for this fingerprint only; a handshake with another one asks again.\n\n  \
             kubectl -n {namespace} wait --for=condition=Connected sinfra/{name} --timeout=1h",
            self.object()
        )
    }
}

#[cfg(test)]
mod tests {
    use kube::core::Status;

    use super::*;

    const PLACE: Place<'_> = Place { namespace: "metal", name: "rack1" };

    fn failure(code: u16) -> String {
        let status = Status { code, message: "said the server".into(), ..Status::default() };
        format!("{:#}", PLACE.failure(kube::Error::Api(status.boxed())))
    }

    #[test]
    fn failures_say_what_to_do() {
        assert!(
            failure(409).ends_with("Look again: kubectl slipway approve rack1 -n metal"),
            "{}",
            failure(409)
        );
        assert!(
            failure(403).contains("--clusterrole=slipway-approver")
                && failure(403).ends_with(": said the server")
        );
        assert!(failure(404).starts_with("there is no infrastructure metal/rack1; "), "{}", failure(404));
        assert!(failure(422).ends_with("cannot be read or written: said the server"), "{}", failure(422));
    }

    #[test]
    fn what_happens_next_depends_on_suspend() {
        let approval =
            |suspended| Approval { fingerprint: "aa".into(), resource_version: "1".into(), suspended };
        assert_eq!(PLACE.done(&approval(false)), include_str!("golden/done.txt").trim_end());
        assert!(
            PLACE
                .done(&approval(true))
                .contains("\nIt is suspended: nothing happens until spec.suspend is false.\n")
        );
    }

    #[test]
    fn an_object_without_status_is_shown_too() {
        let infrastructure = Infrastructure::new(
            "rack1",
            slipway_crds::v1alpha1::infrastructure::InfrastructureSpec::default(),
        );
        let mut out = Vec::new();
        show(&infrastructure, &PLACE, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(
            text.starts_with("infrastructure metal/rack1: handshake attempt 0, connection not known\n\n"),
            "{text}"
        );
    }
}
