//! PEM as people have it: with text around it, labels behind it, CRLF, and the headers of old encrypted keys (RFC 1421, RFC 7468).

use base64::{Engine, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// One block between `BEGIN` and `END`.
pub(crate) struct Block {
    /// What it says it is, such as `RSA PRIVATE KEY`.
    pub(crate) label: String,
    /// Headers, in order.
    headers: Vec<(String, String)>,
    /// The content, wiped when dropped.
    pub(crate) der: Zeroizing<Vec<u8>>,
}

impl Block {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Every block whose content can be read. Whatever stands outside of blocks is passed over: the console's own label
/// `OCI_API_KEY` behind a key is such a thing (`facts/oci.md §2.2`).
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut found = vec![];
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        if let Some(label) = boundary(line, "-----BEGIN ") {
            found.extend(block(label, &mut lines));
        }
    }
    found
}

fn boundary<'a>(line: &'a str, start: &str) -> Option<&'a str> {
    line.strip_prefix(start)?.strip_suffix("-----")
}

fn block<'a>(label: &str, lines: &mut impl Iterator<Item = &'a str>) -> Option<Block> {
    let mut headers = vec![];
    let mut content = Zeroizing::new(String::new());
    for line in lines {
        if let Some(end) = boundary(line, "-----END ") {
            let der = STANDARD.decode(content.as_bytes()).ok().filter(|_| end == label)?;
            return Some(Block { label: label.to_owned(), headers, der: Zeroizing::new(der) });
        }
        match line.split_once(':') {
            Some((name, value)) => headers.push((name.trim().to_owned(), value.trim().to_owned())),
            None => content.extend(line.split_whitespace()),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::blocks;

    #[test]
    fn what_stands_around_a_block_does_not_matter() {
        let text = "Bag Attributes\r\n  -----BEGIN X-----\r\nDEK-Info: A,B\r\n\r\n  AQ I=\r\n-----END X-----\r\nOCI_API_KEY\r\n";
        let found = blocks(text);
        assert_eq!((found.len(), found[0].label.as_str(), &found[0].der[..]), (1, "X", &[1, 2][..]));
        assert_eq!(found[0].header("dek-info"), Some("A,B"));
    }

    #[test]
    fn damaged_blocks_are_none() {
        for text in [
            "-----BEGIN X-----\nAQI=",
            "-----BEGIN X-----\nA!\n-----END X-----",
            "-----BEGIN X-----\nAQI=\n-----END Y-----",
        ] {
            assert_eq!(blocks(text).len(), 0, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in "(-----(BEGIN|END) [AB]-----|[A-Za-z+/= \n:]{0,9}|\\PC){0,12}") {
            prop_assert!(blocks(&text).len() <= text.len());
        }
    }
}
