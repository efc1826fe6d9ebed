//! The manager of a system, found by its link (`facts/metal-peers.md §4.3`).

use slipway_core::failure::Failure;

use crate::{collection, discovery, resource::Resource, visit::Visit};

/// Reads the manager that the system names; `None` when it names none or the manager cannot be read by this account.
///
/// A new firmware may do things differently: what was learned of the old one is dropped.
pub(crate) async fn read(visit: &mut Visit<'_>) -> Result<Option<Resource>, Failure> {
    let Some(path) = discovery::known(visit).and_then(|known| known.manager.clone()) else {
        return Ok(None);
    };
    let manager = visit.find(&path).await?;
    let firmware = manager.as_ref().and_then(|manager| manager.owned("/FirmwareVersion")).unwrap_or_default();
    let memory = &mut *visit.memory;
    let Some(root) = memory.root.as_mut() else {
        return Ok(manager);
    };
    if !root.maker.firmware.is_empty() && root.maker.firmware != firmware {
        memory.tags = crate::etag::TagStyle::default();
        memory.session_timeout = None;
        for known in &mut memory.systems {
            known.offer.forget_listed();
        }
    }
    root.maker.firmware = firmware;
    Ok(manager)
}

/// Looks for the manager that says it manages the system, where the system does not say. Never just the first one.
pub(crate) async fn seek(visit: &mut Visit<'_>, system: &Resource) -> Result<(), Failure> {
    if discovery::known(visit).is_none_or(|known| known.manager.is_some()) {
        return Ok(());
    }
    let Some(managers) = visit.memory.root.as_ref().and_then(|root| root.managers.clone()) else {
        return Ok(());
    };
    for path in collection::members(visit, &managers).await? {
        let Some(manager) = visit.find(&path).await? else {
            continue;
        };
        if manager.links("/Links/ManagerForServers").contains(&system.path) {
            if let Some(known) = discovery::known_mut(visit) {
                known.manager = Some(path);
            }
            return Ok(());
        }
    }
    Ok(())
}
