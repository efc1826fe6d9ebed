//! Whether a machine is the one that is meant.

use super::Hardware;

/// Who a machine must be; `None` where nothing is asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// SMBIOS UUID, lower case.
    pub uuid: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
}

impl Identity {
    /// What of `hardware` contradicts this identity, in words. What the BMC does not say contradicts nothing.
    #[must_use]
    pub fn mismatch(&self, hardware: &Hardware) -> Option<String> {
        let differs = |name: &str, wanted: &Option<String>, found: &Option<String>| match (wanted, found) {
            (Some(wanted), Some(found)) if !wanted.eq_ignore_ascii_case(found) => {
                Some(format!("{name} is {found}, not {wanted}"))
            }
            _ => None,
        };
        differs("UUID", &self.uuid, &hardware.uuid)
            .or_else(|| differs("serial number", &self.serial, &hardware.serial))
    }
}
