//! Figures of one BMC and its machine, derived from the index alone.

use serde::Serialize;
use std::net::Ipv4Addr;

/// What tells one machine from another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// SMBIOS UUID, lower case with hyphens.
    pub uuid: String,
    /// Serial number of the chassis.
    pub serial: String,
    /// MAC addresses of the network ports, lower case with colons; the first one boots.
    pub macs: Vec<String>,
}

/// Login name of every BMC of a fleet.
pub(crate) const USERNAME: &str = "rackadmin";

impl Identity {
    /// Figures of the machine with this index (from 0).
    #[must_use]
    pub fn of(index: usize) -> Self {
        let number = index + 1;
        Self {
            uuid: format!("5117a9e0-0c0d-4e0f-8a0b-{number:012x}"),
            serial: format!("SLW{number:07}"),
            macs: vec![mac(0x54, number), mac(0x55, number)],
        }
    }
}

/// Locally administered address (IEEE 802, bit 1 of the first octet), so that it never meets a sold card.
fn mac(port: u8, number: usize) -> String {
    let [.., high, middle, low] = number.to_be_bytes();
    format!("52:{port:02x}:00:{high:02x}:{middle:02x}:{low:02x}")
}

/// Password of the BMC with this index.
pub(crate) fn password(index: usize) -> String {
    format!("rack-secret-{:05}", index + 1)
}

/// Address of the BMC with this index: the base plus one, plus the index.
pub(crate) fn address(base: Ipv4Addr, index: usize) -> Option<Ipv4Addr> {
    let offset = u32::try_from(index).ok()?.checked_add(1)?;
    let address = Ipv4Addr::from(u32::from(base).checked_add(offset)?);
    address.is_loopback().then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_follow_from_the_index() {
        let identity = Identity::of(0x0001_0203);
        assert_eq!(identity.macs, ["52:54:00:01:02:04", "52:55:00:01:02:04"]);
        assert_eq!(identity.uuid, "5117a9e0-0c0d-4e0f-8a0b-000000010204");
        assert_ne!(Identity::of(1), Identity::of(2));
    }

    #[test]
    fn addresses_stay_on_loopback() {
        let base = Ipv4Addr::new(127, 20, 0, 0);
        assert_eq!(address(base, 0), Some(Ipv4Addr::new(127, 20, 0, 1)));
        assert_eq!(address(base, 999), Some(Ipv4Addr::new(127, 20, 3, 232)));
        assert_eq!(address(Ipv4Addr::new(127, 255, 255, 254), 1), None);
        assert_eq!(address(Ipv4Addr::new(10, 0, 0, 0), 0), None);
    }
}
