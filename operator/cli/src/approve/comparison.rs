//! Two fingerprints side by side, so that a person can compare them with the eyes (`facts/oci.md §1.5`).

use std::fmt::{self, Display, Formatter};

use slipway_core::infrastructure::Fingerprint;

/// Characters that stand together.
const GROUP: usize = 4;
/// Characters of one line: four groups. A SHA-512 fingerprint has eight lines.
const LINE: usize = 16;
/// Width of one fingerprint's column.
const COLUMN: usize = LINE + LINE / GROUP - 1;
const MARK: &str = "   <-- differs";

/// A fingerprint as it is shown: hexadecimal without spaces and colons in lower case, anything else as given. What no
/// terminal should get, such as control characters, is shown as an escape.
fn shown(fingerprint: &Fingerprint) -> Vec<char> {
    let given = fingerprint.as_str().trim();
    let digits: Vec<char> = given.chars().filter(|c| *c != ':' && !c.is_whitespace()).collect();
    if !digits.is_empty() && digits.iter().all(char::is_ascii_hexdigit) {
        digits.iter().map(char::to_ascii_lowercase).collect()
    } else {
        given.chars().flat_map(char::escape_default).collect()
    }
}

/// The rack's fingerprint and OCI's, each where it is known.
pub(crate) struct Comparison<'a> {
    pub(crate) rack: Option<&'a Fingerprint>,
    pub(crate) oci: Option<&'a Fingerprint>,
}

impl Display for Comparison<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let sides = [self.rack, self.oci].map(|side| side.map(shown).unwrap_or_default());
        let longest = sides.iter().map(Vec::len).max().unwrap_or_default();
        writeln!(f, "{:>7}   {:COLUMN$}   OCI", "", "rack")?;
        for start in (0..longest).step_by(LINE) {
            let [rack, oci] = [&sides[0], &sides[1]].map(|side| line(side, start));
            let differs = self.rack.is_some() && self.oci.is_some() && rack != oci;
            let numbers = format!("{}-{}", start + 1, (start + LINE).min(longest));
            let text = format!("{numbers:>7}   {rack:COLUMN$}   {oci:COLUMN$}");
            writeln!(f, "{}{}", text.trim_end(), if differs { MARK } else { "" })?;
        }
        writeln!(f)?;
        match (self.rack, self.oci) {
            (Some(rack), Some(oci)) if rack.matches(oci) => write!(f, "Equal: all {longest} characters."),
            (Some(rack), Some(oci)) => write!(f, "DIFFERENT: {}.", Difference::between(rack, oci)),
            (None, Some(_)) => write!(f, "Nothing to compare: the rack has answered none."),
            (Some(_), None) => write!(f, "Nothing to compare: OCI shows none."),
            (None, None) => write!(f, "Nothing to compare: there is none on either side."),
        }
    }
}

/// The groups of one line; short or empty where the fingerprint ends.
fn line(fingerprint: &[char], start: usize) -> String {
    let rest = fingerprint.get(start..).unwrap_or_default();
    let groups = rest[..rest.len().min(LINE)].chunks(GROUP);
    groups.map(String::from_iter).collect::<Vec<String>>().join(" ")
}

/// Where two fingerprints that do not match part, counted in characters as they are shown, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Difference {
    /// The first character that is not the same.
    At(usize),
    /// One ends after so many characters and the other goes on.
    EndsAfter(usize),
    /// They look the same and are none the less not taken as the same.
    Hidden,
}

impl Difference {
    pub(crate) fn between(a: &Fingerprint, b: &Fingerprint) -> Self {
        let (a, b) = (shown(a), shown(b));
        let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
        match (a.len(), b.len()) {
            (a, b) if same < a.min(b) => Self::At(same + 1),
            (a, b) if a != b => Self::EndsAfter(same),
            _ => Self::Hidden,
        }
    }
}

impl Display for Difference {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(place) => write!(f, "the first difference is at character {place}"),
            Self::EndsAfter(length) => write!(f, "one ends after {length} characters and the other goes on"),
            Self::Hidden => f.write_str("they look the same, but neither has the 128 digits of a SHA-512"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(text: &str) -> Fingerprint {
        Fingerprint::new(text).unwrap()
    }

    /// 128 digits that differ from line to line.
    fn digits() -> String {
        (0..64u32).flat_map(|n| format!("{:02x}", n * 37 % 256).into_bytes()).map(char::from).collect()
    }

    fn text(rack: Option<&str>, oci: Option<&str>) -> String {
        let (rack, oci) = (rack.map(fingerprint), oci.map(fingerprint));
        Comparison { rack: rack.as_ref(), oci: oci.as_ref() }.to_string()
    }

    #[test]
    fn equal_ones_stand_side_by_side() {
        let colons: Vec<String> = digits()
            .to_uppercase()
            .as_bytes()
            .chunks(2)
            .map(|pair| String::from_utf8_lossy(pair).into())
            .collect();
        assert_eq!(
            text(Some(&digits()), Some(&colons.join(":"))),
            include_str!("golden/equal.txt").trim_end()
        );
    }

    #[test]
    fn the_line_that_differs_is_marked() {
        let mut other = digits();
        other.replace_range(36..37, "e");
        assert_eq!(text(Some(&digits()), Some(&other)), include_str!("golden/different.txt").trim_end());
    }

    #[test]
    fn a_missing_one_leaves_its_column_empty() {
        assert_eq!(text(Some(&digits()), None), include_str!("golden/missing.txt").trim_end());
        let none = text(None, None);
        assert!(none.ends_with("there is none on either side."), "{none}");
        assert!(text(None, Some("aa")).ends_with("the rack has answered none."));
    }

    #[test]
    fn the_first_difference_is_counted_as_shown() {
        let cases = [
            ("aa:bb:cc", "AA BB CD", Difference::At(6)),
            ("aabb", "aabbcc", Difference::EndsAfter(4)),
            ("SHA512-x", "SHA512-y", Difference::At(8)),
            ("SHA512-x", "sha512-x", Difference::At(1)),
        ];
        for (a, b, wanted) in cases {
            assert_eq!(Difference::between(&fingerprint(a), &fingerprint(b)), wanted, "{a} {b}");
        }
    }

    #[test]
    fn nothing_shown_can_move_the_cursor_or_hide_a_letter() {
        let text = text(Some("x\u{1b}[2J\u{202e}y"), Some("x\u{430}"));
        assert!(text.chars().all(|c| c == '\n' || c == ' ' || c.is_ascii_graphic()), "{text:?}");
        assert!(
            text.contains("x\\u{ 1b}[") && text.contains("x\\u{ 430}") && text.contains("DIFFERENT"),
            "{text}"
        );
    }

    /// What a person sees and what is decided may not part.
    #[test]
    fn what_looks_the_same_matches_and_the_other_way_round() {
        let whole = digits();
        let spaced = whole.to_uppercase().replace('0', "0 ");
        let (shorter, other) = (&whole[..126], whole.replacen('a', "b", 1));
        let others = ["SHA512-x", " SHA512-x ", "sha512-x", "S H A512-x", "\u{430}"];
        let all: Vec<Fingerprint> =
            [whole.as_str(), &spaced, shorter, &other].into_iter().chain(others).map(fingerprint).collect();
        for (a, b) in all.iter().flat_map(|a| all.iter().map(move |b| (a, b))) {
            let same = shown(a) == shown(b);
            // The beginning of a digest looks like itself and matches nothing.
            let cut = shown(a).len() == shorter.len();
            assert_eq!(a.matches(b), same && !cut, "{a:?} {b:?}");
            assert_eq!(Difference::between(a, b) == Difference::Hidden, same, "{a:?} {b:?}");
        }
    }
}
