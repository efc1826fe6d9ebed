//! A look at a machine, as deep as asked for.

use slipway_core::{
    failure::Failure,
    host::{Depth, Observation},
    trust::Trust,
};

use crate::{discovery, ethernet, manager, reset::Offer, system, visit::Visit};

/// One GET for [`Depth::Power`] once the system is known; root, systems, system and manager for the first
/// [`Depth::Register`]; everything for [`Depth::Inventory`].
pub(crate) async fn observe(visit: &mut Visit<'_>, depth: Depth) -> Result<Observation, Failure> {
    let system = discovery::system(visit).await?;
    if depth == Depth::Inventory {
        manager::seek(visit, &system).await?;
        Offer::complete(visit).await?;
        visit.learn_session_timeout().await?;
    }
    let manager = if depth == Depth::Power { None } else { manager::read(visit).await? };
    let maker = visit.memory.root.as_ref().map(|root| root.maker.clone()).unwrap_or_default();
    let offer = discovery::known(visit).map(|known| known.offer.clone()).unwrap_or_default();
    let mut observation = system::observation(&system, &maker, &offer);
    if let Some(manager) = manager {
        observation.hardware.bmc_model = manager.owned("/Model");
        observation.hardware.bmc_version = manager.owned("/FirmwareVersion");
    }
    if depth == Depth::Inventory {
        observation.hardware.nics = ethernet::addresses(visit, &system).await?;
    }
    if visit.endpoint.trust == Trust::FirstUse {
        observation.pin.clone_from(&visit.memory.pin);
    }
    Ok(observation)
}
