//! Ethernet addresses, the identity of a machine that boots from the network.

use std::{fmt, str::FromStr};

/// A 48-bit Ethernet address; printed in lower case with colons, as `52:54:00:00:00:07`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MacAddress([u8; 6]);

/// Text that is no Ethernet address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is not an Ethernet address; write six bytes in hexadecimal, as 52:54:00:00:00:07")]
pub struct InvalidMacAddress(String);

impl FromStr for MacAddress {
    type Err = InvalidMacAddress;

    /// Reads the forms seen in the field: colons, hyphens (iPXE's `hexhyp`) or bare digits (`hexraw`), in either case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidMacAddress(text.to_owned());
        let digits: String = text.chars().filter(|character| !matches!(character, ':' | '-')).collect();
        if digits.len() != 12 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(invalid());
        }
        let mut bytes = [0; 6];
        for (index, byte) in bytes.iter_mut().enumerate() {
            let pair = digits.get(2 * index..2 * index + 2).ok_or_else(invalid)?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| invalid())?;
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, rest @ ..] = self.0;
        write!(formatter, "{first:02x}")?;
        rest.iter().try_for_each(|byte| write!(formatter, ":{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::MacAddress;

    #[test]
    fn every_form_of_the_field_is_one_address() {
        for text in ["52:54:00:AB:00:07", "52-54-00-ab-00-07", "525400ab0007"] {
            assert_eq!(text.parse::<MacAddress>().unwrap().to_string(), "52:54:00:ab:00:07");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_text() {
        for text in ["", "52:54:00:ab:00", "52:54:00:ab:00:0g", "+2:54:00:ab:00:07", "é2:54:00:ab:00:0"] {
            let error = text.parse::<MacAddress>().unwrap_err();
            assert!(error.to_string().contains(&format!("\"{text}\"")), "{error}");
        }
    }
}
