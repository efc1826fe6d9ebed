//! The search language (`facts/ocm.md §2.3`), as far as it is written here.

use slipway_core::{failure::Failure, reason::Reason};
use url::form_urlencoded;

/// A text between quotes. Values come from names that users give, so nothing in them ends the quotes.
///
/// Errors: [`Reason::InvalidSpec`] for empty text and for control characters.
pub(crate) fn quoted(text: &str) -> Result<String, Failure> {
    if text.is_empty() || text.chars().any(char::is_control) {
        let shown: String = text.chars().take(60).collect();
        let message =
            format!("{shown:?} cannot be searched for: it is empty or has control characters; correct it");
        return Err(Failure::new(Reason::InvalidSpec, message));
    }
    Ok(format!("'{}'", text.replace('\'', "''")))
}

/// Records whose field is one of these texts.
///
/// Errors: those of [`quoted`].
pub(crate) fn one_of(field: &str, texts: &[String]) -> Result<String, Failure> {
    let quoted: Vec<String> = texts.iter().map(|text| quoted(text)).collect::<Result<_, _>>()?;
    Ok(format!("{field} in ({})", quoted.join(",")))
}

/// Bytes that a text takes in the address, with its quotes and comma.
pub(crate) fn length(text: &str) -> usize {
    let encoded: usize = form_urlencoded::byte_serialize(text.as_bytes()).map(str::len).sum();
    // A quote of the text itself is doubled.
    encoded + 3 * text.matches('\'').count() + 9
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{length, one_of, quoted};
    use crate::call::query;

    #[test]
    fn nothing_ends_the_quotes() {
        for (text, expected) in [
            ("a", "'a'"),
            ("it's", "'it''s'"),
            ("' or 1=1 --", "''' or 1=1 --'"),
            ("'", "''''"),
            ("100%_\\", "'100%_\\'"),
            ("né€", "'né€'"),
        ] {
            assert_eq!(quoted(text).unwrap(), expected);
        }
        for text in ["", "a\nb", "\0", "\u{7f}", "\u{85}"] {
            assert!(quoted(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_list_of_texts_is_one_search() {
        let texts = ["a".to_owned(), "b'c".to_owned()];
        assert_eq!(one_of("cluster_id", &texts).unwrap(), "cluster_id in ('a','b''c')");
        assert!(one_of("cluster_id", &["a\tb".to_owned()]).is_err());
    }

    proptest! {
        #[test]
        fn the_length_is_what_stands_in_the_address(texts in prop::collection::vec("[^\\pC]{1,20}", 1..5)) {
            let search = one_of("", &texts).unwrap();
            let written = query(&[("", &search)]).len();
            let told: usize = texts.iter().map(|text| length(text)).sum();
            prop_assert!(written <= told + 20, "{written} {told}");
        }

        #[test]
        fn quotes_within_come_in_pairs(text in "[^\\pC]{1,40}") {
            let quoted = quoted(&text).unwrap();
            let inner = &quoted[1..quoted.len() - 1];
            prop_assert_eq!(inner.replace("''", ""), inner.replace('\'', ""));
        }
    }
}
