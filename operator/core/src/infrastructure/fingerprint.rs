//! The fingerprint that rack and OCI show of the key they agreed on.

use subtle::ConstantTimeEq;

/// Length of a SHA-512 digest in hexadecimal digits.
const DIGITS: usize = 128;

/// A fingerprint as somebody wrote it. Never empty (`facts/oci.md §1.5`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Takes a fingerprint; `None` for one that is empty or blank: an absent fingerprint is "not yet", never "equal".
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let is_blank = |letter: char| letter.is_whitespace() || letter == ':';
        (!text.chars().all(is_blank)).then(|| Self(text.trim().to_owned()))
    }

    /// As it was written, without blanks around it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both are the same, compared in constant time.
    ///
    /// Case, colons and blanks do not count in hexadecimal fingerprints, which must have 128 digits: a shortened one equals nothing. Other
    /// writings are compared as they are.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        match (self.canonical(), other.canonical()) {
            (Some(ours), Some(theirs)) => ours.as_bytes().ct_eq(theirs.as_bytes()).into(),
            _ => false,
        }
    }

    /// The form that is compared; `None` for a hexadecimal one of the wrong length.
    fn canonical(&self) -> Option<String> {
        let bare: String =
            self.0.chars().filter(|letter| !letter.is_whitespace() && *letter != ':').collect();
        if !bare.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Some(self.0.clone());
        }
        (bare.len() == DIGITS).then(|| bare.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::Fingerprint;

    fn matches(ours: &str, theirs: &str) -> bool {
        Fingerprint::new(ours).unwrap().matches(&Fingerprint::new(theirs).unwrap())
    }

    #[test]
    fn writings_of_one_digest_are_equal_and_others_are_not() {
        let plain = "0123456789abcdef".repeat(8);
        let colons: Vec<_> =
            plain.as_bytes().chunks(2).map(|pair| String::from_utf8_lossy(pair).into_owned()).collect();
        let other = plain.replacen('0', "1", 1);
        for (theirs, equal) in [
            (plain.clone(), true),
            (plain.to_ascii_uppercase(), true),
            (colons.join(":"), true),
            (format!(" {}\n", colons.join(" ")), true),
            (other, false),
            (plain[..127].to_owned(), false),
            (format!("{plain}0"), false),
        ] {
            assert_eq!(matches(&plain, &theirs), equal, "{theirs}");
        }
    }

    #[test]
    fn a_short_digest_equals_nothing_not_even_itself() {
        assert!(!matches("ab:cd", "ab:cd"));
    }

    #[test]
    fn other_writings_are_compared_as_they_are() {
        assert!(matches("SHA512-Zm9v", " SHA512-Zm9v "));
        assert!(!matches("SHA512-Zm9v", "sha512-zm9v"));
    }

    #[test]
    fn nothing_is_no_fingerprint() {
        for text in ["", " ", "\n\t", ":", " : :"] {
            assert_eq!(Fingerprint::new(text), None);
        }
    }
}
