//! The service root, read without login (`facts/metal-peers.md §4.1`).

use slipway_core::{failure::Failure, reason::Reason};

use crate::{quirk::Maker, resource::Resource, visit::Visit};

/// Where every Redfish service starts (DSP0266 §6.3); the slash matters to some.
const PATH: &str = "/redfish/v1/";

/// What is kept of the service root.
#[derive(Debug)]
pub(crate) struct ServiceRoot {
    /// The collection of systems.
    pub(crate) systems: String,
    /// The collection of managers.
    pub(crate) managers: Option<String>,
    /// Where sessions are made; `None` where only Basic is offered.
    pub(crate) sessions: Option<String>,
    /// The session service, which knows how long a session lasts.
    pub(crate) session_service: Option<String>,
    pub(crate) maker: Maker,
}

impl ServiceRoot {
    fn of(root: &Resource) -> Option<Self> {
        let oem = || root.body.get("Oem")?.as_object()?.keys().next().cloned();
        let vendor = root.owned("/Vendor").or_else(oem).unwrap_or_default();
        let product = root.owned("/Product").unwrap_or_default();
        Some(Self {
            systems: root.link("/Systems")?.to_owned(),
            managers: root.link("/Managers").map(str::to_owned),
            sessions: root.link("/Links/Sessions").map(str::to_owned),
            session_service: root.link("/SessionService").map(str::to_owned),
            maker: Maker { vendor, product, firmware: String::new() },
        })
    }
}

/// Reads the service root when it is not known.
pub(crate) async fn ensure(visit: &mut Visit<'_>) -> Result<(), Failure> {
    if visit.memory.root.is_some() {
        return Ok(());
    }
    let resource = visit.get_open(PATH).await?;
    let Some(root) = ServiceRoot::of(&resource) else {
        let message = format!("{} serves no computer systems; check the address", visit.label());
        return Err(Failure::new(Reason::NotRedfish, message));
    };
    visit.memory.root = Some(root);
    Ok(())
}
