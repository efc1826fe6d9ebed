//! System UUIDs as firmware shows them.

/// UUIDs that boards are shipped with, all alike: no identity (`facts/boot.md` A6, F2).
const PLACEHOLDERS: [&str; 7] = [
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "03000200-0400-0500-0006-000700080009",
    "00020003-0004-0005-0006-000700080009",
    "12345678-1234-5678-90ab-cddeefaabbcc",
    "fefefefe-fefe-fefe-fefe-fefefefefefe",
    "4c4c4544-0000-2010-8020-80c04f202020",
];

/// The UUID in lower case, or `None` where it says nothing about the machine.
pub(crate) fn identity(text: &str) -> Option<String> {
    let uuid = text.trim().to_ascii_lowercase();
    let is_uuid = uuid.len() == 36
        && uuid.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    (is_uuid && !PLACEHOLDERS.contains(&uuid.as_str())).then_some(uuid)
}

/// Whether two UUIDs are of one machine. BMCs of boards older than SMBIOS 2.6 show the first three fields with their bytes
/// in the other order than the firmware does.
pub(crate) fn is_same(known: &str, shown: &str) -> bool {
    let known = known.to_ascii_lowercase();
    known == shown || swapped(&known) == shown || identity(&known).is_none()
}

fn swapped(uuid: &str) -> String {
    let reversed = |field: &str| -> String {
        let pairs: Vec<&str> =
            (0..field.len() / 2).rev().filter_map(|pair| field.get(2 * pair..2 * pair + 2)).collect();
        pairs.concat()
    };
    let fields: Vec<String> = uuid
        .split('-')
        .enumerate()
        .map(|(index, field)| if index < 3 { reversed(field) } else { field.to_owned() })
        .collect();
    fields.join("-")
}

#[cfg(test)]
mod tests {
    use super::{identity, is_same};

    #[test]
    fn a_placeholder_is_no_identity() {
        assert_eq!(identity("00000000-0000-0000-0000-000000000000"), None);
        assert_eq!(identity("03000200-0400-0500-0006-000700080009"), None);
        assert_eq!(identity("not a uuid"), None);
        let upper = "11223344-5566-7788-99AA-BBCCDDEEFF00";
        assert_eq!(identity(upper).as_deref(), Some("11223344-5566-7788-99aa-bbccddeeff00"));
    }

    #[test]
    fn either_byte_order_is_the_same_machine() {
        let shown = "11223344-5566-7788-99aa-bbccddeeff00";
        assert!(is_same("11223344-5566-7788-99AA-BBCCDDEEFF00", shown));
        assert!(is_same("44332211-6655-8877-99aa-bbccddeeff00", shown));
        assert!(!is_same("11223344-5566-7788-99aa-bbccddeeff01", shown));
        assert!(is_same("00000000-0000-0000-0000-000000000000", shown), "a placeholder contradicts nobody");
    }
}
