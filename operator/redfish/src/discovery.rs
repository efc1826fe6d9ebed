//! Finds the system that an endpoint means, and remembers the way (`facts/metal-peers.md §4.3`).

use slipway_core::{failure::Failure, reason::Reason};

use crate::{
    collection,
    reset::Offer,
    resource::{Resource, last_segment},
    service_root,
    visit::Visit,
};

/// What is kept of a system, so that a look at it is one request.
#[derive(Debug)]
pub(crate) struct Known {
    /// `systemId` it was found for.
    wanted: Option<String>,
    pub(crate) path: String,
    /// `Links.ManagedBy`.
    pub(crate) manager: Option<String>,
    pub(crate) offer: Offer,
}

/// The system as it is now: one GET when it is known, the way from the root when it is not, or is gone from where it was.
pub(crate) async fn system(visit: &mut Visit<'_>) -> Result<Resource, Failure> {
    if let Some(path) = known(visit).map(|known| known.path.clone()) {
        if let Some(system) = visit.find(&path).await? {
            return Ok(system);
        }
        visit.memory.forget_paths();
    }
    service_root::ensure(visit).await?;
    let Some(systems) = visit.memory.root.as_ref().map(|root| root.systems.clone()) else {
        return Err(Failure::new(Reason::Internal, "the service root was read and is not there"));
    };
    let members = collection::members(visit, &systems).await?;
    let system = choose(visit, &members).await?;
    remember(visit, &system);
    Ok(system)
}

/// What is known of the endpoint's system.
pub(crate) fn known<'m>(visit: &'m Visit<'_>) -> Option<&'m Known> {
    visit.memory.systems.iter().find(|known| known.wanted == visit.endpoint.system_id)
}

/// The same, to add to it.
pub(crate) fn known_mut<'m>(visit: &'m mut Visit<'_>) -> Option<&'m mut Known> {
    let wanted = &visit.endpoint.system_id;
    visit.memory.systems.iter_mut().find(|known| known.wanted == *wanted)
}

fn remember(visit: &mut Visit<'_>, system: &Resource) {
    if let Some(root) = visit.memory.root.as_mut()
        && root.maker.vendor.is_empty()
    {
        root.maker.vendor = system.owned("/Manufacturer").unwrap_or_default();
    }
    let wanted = visit.endpoint.system_id.clone();
    let manager = system.links("/Links/ManagedBy").into_iter().next();
    let known = Known { wanted, path: system.path.clone(), manager, offer: Offer::of(system) };
    visit.memory.systems.retain(|other| other.wanted != known.wanted);
    // Nearly always one; a list of its own accord makes room for four.
    visit.memory.systems.reserve_exact(1);
    visit.memory.systems.push(known);
}

async fn choose(visit: &mut Visit<'_>, members: &[String]) -> Result<Resource, Failure> {
    match (&visit.endpoint.system_id, members) {
        (_, []) => {
            let message = format!("{} lists no system, as some do while they start", visit.label());
            Err(Failure::new(Reason::BmcFault, message))
        }
        (None, [only]) => visit.get(only).await,
        (None, several) => the_usable_one(visit, several).await,
        (Some(id), several) => by_id(visit, id, several).await,
    }
}

/// Boards without reset and boot override are listed as systems too, and are none (`facts/metal-peers.md §4.3`).
async fn the_usable_one(visit: &mut Visit<'_>, members: &[String]) -> Result<Resource, Failure> {
    let mut usable = vec![];
    for path in members {
        if let Some(system) = visit.find(path).await?
            && (system.has("/Actions/#ComputerSystem.Reset") || system.has("/Boot"))
        {
            usable.push(system);
        }
    }
    match (usable.pop(), usable.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(last), false) => {
            let ids: Vec<_> = usable.iter().chain([&last]).map(id_of).collect();
            let message = format!(
                "{} serves several systems; set `spec.management.redfish.systemId` to one of {}",
                visit.label(),
                list(&ids)
            );
            Err(Failure::new(Reason::SystemAmbiguous, message))
        }
        (None, _) => {
            let message =
                format!("{} lists no system that can be reset or told where to boot from", visit.label());
            Err(Failure::new(Reason::BmcFault, message))
        }
    }
}

/// By the last segment of the path, which costs no request; else by `Id`.
async fn by_id(visit: &mut Visit<'_>, id: &str, members: &[String]) -> Result<Resource, Failure> {
    if let Some(path) = members.iter().find(|path| last_segment(path) == id) {
        return visit.get(path).await;
    }
    let mut ids = vec![];
    for path in members {
        let Some(system) = visit.find(path).await? else {
            continue;
        };
        if system.text("/Id") == Some(id) {
            return Ok(system);
        }
        ids.push(id_of(&system));
    }
    let message = format!(
        "{} serves no system \"{id}\"; set `spec.management.redfish.systemId` to one of {}",
        visit.label(),
        list(&ids)
    );
    Err(Failure::new(Reason::SystemNotFound, message))
}

fn id_of(system: &Resource) -> String {
    let id = system.text("/Id").unwrap_or_else(|| last_segment(&system.path));
    id.chars().filter(|character| !character.is_control()).take(64).collect()
}

fn list(ids: &[String]) -> String {
    let quoted: Vec<_> = ids.iter().take(16).map(|id| format!("\"{id}\"")).collect();
    quoted.join(", ")
}
