//! What a text may be to stand in a path.

use std::fmt::Write;

use slipway_core::{failure::Failure, reason::Reason};

/// Longest id. Those of the service have 27 characters (`facts/ocm.md §2`).
const LONGEST_ID: usize = 128;

/// Whether the text is an id that can stand in a path as it is.
pub(crate) fn is_id(text: &str) -> bool {
    let sound = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(sound)
}

/// An id that can stand in a path.
///
/// Errors: [`Reason::InvalidSpec`].
pub(crate) fn id<'a>(text: &'a str, noun: &str) -> Result<&'a str, Failure> {
    if is_id(text) {
        return Ok(text);
    }
    let shown: String = text.chars().take(60).collect();
    Err(Failure::new(Reason::InvalidSpec, format!("{shown:?} is no id of {noun}; correct it")))
}

/// The key of a label as one segment of a path.
///
/// Errors: [`Reason::InvalidSpec`] for one that no encoding keeps in its place.
pub(crate) fn label(key: &str) -> Result<String, Failure> {
    let is_dots = key.bytes().all(|byte| byte == b'.');
    if is_dots || key.chars().any(char::is_control) {
        let shown: String = key.chars().take(60).collect();
        let message = format!("{shown:?} cannot be the key of a label; correct it");
        return Err(Failure::new(Reason::InvalidSpec, message));
    }
    Ok(encoded(key))
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut whole, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            whole.push(char::from(byte));
        } else {
            // Writing to a text does not fail.
            let _ = write!(whole, "%{byte:02X}");
        }
        whole
    })
}

#[cfg(test)]
mod tests {
    use super::{id, label};

    #[test]
    fn ids_are_harmless() {
        assert!(id("1svZabcDEF0123456789-_", "a record").is_ok());
        for text in ["", ".", "..", "a/b", "a?b", "a#b", "a%2f", "a b", "é", &"a".repeat(129)] {
            assert!(id(text, "a record").is_err(), "{text}");
        }
    }

    #[test]
    fn keys_of_labels_stay_one_segment() {
        assert_eq!(label("slipway.installation").unwrap(), "slipway.installation");
        assert_eq!(label("a/b?c#d%e é'\\").unwrap(), "a%2Fb%3Fc%23d%25e%20%C3%A9%27%5C");
        for key in ["", ".", "..", "a\nb"] {
            assert!(label(key).is_err(), "{key:?}");
        }
    }
}
