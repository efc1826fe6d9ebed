//! What makers do differently, as data: one row a habit, with its source (`facts/metal-peers.md §5.5 R43`).

use std::cmp::Ordering;

/// Who made a BMC, as far as it says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Maker {
    /// `Vendor` of the service root, else its key under `Oem`, else `Manufacturer` of the system.
    pub(crate) vendor: String,
    /// `Product` of the service root.
    pub(crate) product: String,
    /// `FirmwareVersion` of the manager, once read.
    pub(crate) firmware: String,
}

/// A habit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quirk {
    /// `BootSourceOverrideMode` goes with every override, or the BMC resets it.
    AlwaysSendMode,
    /// An override needs `Enabled`, `Target` and `Mode` together.
    FullTriple,
    /// `Accept-Encoding: identity` is answered with 406.
    NoIdentityEncoding,
    /// The serial number that people know is `SKU`.
    SerialIsSku,
    /// `SessionTimeout` is in minutes.
    TimeoutInMinutes,
}

struct Row {
    /// Start of the vendor, in any case.
    vendor: &'static str,
    /// Part of the product; empty for all.
    product: &'static str,
    /// First firmware that has it, and first that has it no more; empty for no limit.
    firmware: (&'static str, &'static str),
    quirk: Quirk,
    /// Where it is known from; read by people and by the test that demands it.
    #[cfg_attr(not(test), expect(dead_code, reason = "documentation that a test holds complete"))]
    source: &'static str,
}

const ALL: (&str, &str) = ("", "");

#[rustfmt::skip]
const ROWS: [Row; 9] = [
    Row { vendor: "Supermicro", product: "", firmware: ALL, quirk: Quirk::AlwaysSendMode, source: "https://github.com/DMTF/Redfishtool/pull/106" },
    Row { vendor: "AMI", product: "", firmware: ALL, quirk: Quirk::FullTriple, source: "facts/metal-peers.md §4.5" },
    Row { vendor: "American Megatrends", product: "", firmware: ALL, quirk: Quirk::FullTriple, source: "facts/metal-peers.md §4.5" },
    Row { vendor: "ASRockRack", product: "", firmware: ALL, quirk: Quirk::FullTriple, source: "facts/metal-peers.md §4.5" },
    Row { vendor: "HPE", product: "", firmware: ALL, quirk: Quirk::NoIdentityEncoding, source: "facts/metal-peers.md §4.1" },
    Row { vendor: "Hewlett", product: "", firmware: ALL, quirk: Quirk::NoIdentityEncoding, source: "facts/metal-peers.md §4.1" },
    Row { vendor: "HPE", product: "", firmware: ALL, quirk: Quirk::TimeoutInMinutes, source: "facts/metal-peers.md §4.1" },
    Row { vendor: "Hewlett", product: "", firmware: ALL, quirk: Quirk::TimeoutInMinutes, source: "facts/metal-peers.md §4.1" },
    Row { vendor: "Dell", product: "", firmware: ALL, quirk: Quirk::SerialIsSku, source: "facts/metal-peers.md §4.15" },
];

impl Maker {
    /// Whether it has the habit.
    pub(crate) fn has(&self, quirk: Quirk) -> bool {
        ROWS.iter().any(|row| row.quirk == quirk && row.is_of(self))
    }
}

impl Row {
    fn is_of(&self, maker: &Maker) -> bool {
        let (first, gone) = self.firmware;
        let start = maker.vendor.get(..self.vendor.len()).unwrap_or_default();
        start.eq_ignore_ascii_case(self.vendor)
            && maker.product.contains(self.product)
            && (first.is_empty() || compare(&maker.firmware, first) != Ordering::Less)
            && (gone.is_empty() || compare(&maker.firmware, gone) == Ordering::Less)
    }
}

/// Compares versions number by number; letters and signs only separate.
fn compare(left: &str, right: &str) -> Ordering {
    let numbers = |text: &str| -> Vec<u64> {
        text.split(|character: char| !character.is_ascii_digit())
            .filter_map(|part| part.parse().ok())
            .collect()
    };
    numbers(left).cmp(&numbers(right))
}

#[cfg(test)]
mod tests {
    use super::{Maker, Quirk, ROWS, Row};

    fn maker(vendor: &str, firmware: &str) -> Maker {
        Maker { vendor: vendor.to_owned(), product: "X Redfish".to_owned(), firmware: firmware.to_owned() }
    }

    #[test]
    fn a_maker_is_known_by_the_start_of_its_name_in_any_case() {
        assert!(maker("Dell Inc.", "").has(Quirk::SerialIsSku));
        assert!(maker("SUPERMICRO", "").has(Quirk::AlwaysSendMode));
        assert!(!maker("", "").has(Quirk::FullTriple));
        assert!(!maker("Ämi", "").has(Quirk::FullTriple));
    }

    #[test]
    fn a_row_holds_for_its_range_of_firmware_only() {
        let row = Row {
            vendor: "X",
            product: "Redfish",
            firmware: ("2.9", "2.30.1"),
            quirk: Quirk::FullTriple,
            source: "",
        };
        for (firmware, expected) in [
            ("2.8.7", false),
            ("2.9", true),
            ("iLO 5 v2.10", false),
            ("2.30", true),
            ("2.30.1", false),
            ("3", false),
            ("", false),
        ] {
            assert_eq!(row.is_of(&maker("x", firmware)), expected, "{firmware}");
        }
        assert!(!row.is_of(&Maker { product: "Other".to_owned(), ..maker("x", "2.9") }));
    }

    #[test]
    fn every_row_says_where_it_is_known_from() {
        assert!(ROWS.iter().all(|row| !row.source.is_empty() && !row.vendor.is_empty()));
    }
}
