//! `kubectl slipway capability`: what an organization, an account or a record may do at the registrar (`facts/ocm.md §2.8`).

mod account;
pub(crate) mod args;
mod change;
mod desk;
mod key;
mod owner;
mod place;
mod report;

use std::io::Write;

use anyhow::bail;
use kube::Api;
use slipway_crds::v1alpha1::{ClusterSubscription, Registrar};

use crate::cluster::Cluster;
use args::{CapabilityArgs, Deed};
use change::Change;
use desk::Desk;
use place::Place;

/// Reads the object and its Secrets, speaks to its registrar, shows or changes.
pub(crate) async fn run(cluster: &Cluster, args: &CapabilityArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let (deed, target) = (&args.deed, args.deed.target());
    let wishes = deed.wishes()?;
    let place = Place { namespace: &cluster.namespace, name: &target.name };
    let api: Api<ClusterSubscription> = Api::namespaced(cluster.client.clone(), &cluster.namespace);
    let object = api.get(&target.name).await.map_err(|error| place.unread(error))?;
    let ocm = match (&object.spec.registrar, deed) {
        (Registrar { ocm: Some(ocm), .. }, _) => ocm,
        (Registrar { webhook: Some(_), .. }, Deed::Get(get)) => {
            write!(out, "{}", report::webhook(&place, get.output))?;
            return Ok(());
        }
        (Registrar { webhook: Some(_), .. }, _) => bail!("{}: {}", place.object(), report::AT_THE_SITE),
        _ => bail!("{}: spec.registrar needs exactly one of: ocm, webhook", place.object()),
    };
    let account = account::account(&cluster.client, &place, ocm, target.allow_insecure_tls).await?;
    let desk = Desk::open(account, &object, target.of, target.allow_insecure_tls).await?;
    let change = Change { desk: &desk, place: &place, wishes: &wishes };
    match deed {
        Deed::Get(get) => {
            let found = desk.capabilities().await?;
            write!(out, "{}", report::found(&desk, &place, &found, get.output))?;
            Ok(())
        }
        Deed::Set(set) => change.run(set.consent, out).await,
        Deed::Unset(unset) => change.run(unset.consent, out).await,
    }
}
