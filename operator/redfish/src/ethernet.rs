//! Ethernet addresses of a system; read at low priority, as many requests as there are ports.

use slipway_core::{failure::Failure, mac_address::MacAddress};

use crate::{collection, resource::Resource, visit::Visit};

/// Addresses of the system's interfaces, in the BMC's order, each once.
pub(crate) async fn addresses(visit: &mut Visit<'_>, system: &Resource) -> Result<Vec<MacAddress>, Failure> {
    let Some(path) = system.link("/EthernetInterfaces").map(str::to_owned) else {
        return Ok(vec![]);
    };
    let Some(_) = visit.find(&path).await? else {
        return Ok(vec![]);
    };
    let mut addresses = vec![];
    for path in collection::members(visit, &path).await? {
        let Some(interface) = visit.find(&path).await? else {
            continue;
        };
        let text = interface.text("/MACAddress").or_else(|| interface.text("/PermanentMACAddress"));
        if let Some(address) = text.and_then(|text| text.parse().ok())
            && !addresses.contains(&address)
        {
            addresses.push(address);
        }
    }
    Ok(addresses)
}
