//! Just enough DER to look inside keys and certificates: definite lengths, one-byte tags (X.690 §8.1).

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// Elements one after another.
#[derive(Debug, Clone)]
pub(crate) struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Content of the next element, which must have this tag; nothing is passed over otherwise.
    pub(crate) fn content(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut rest = self.clone();
        let (found, content) = rest.next()?;
        (found == tag).then(|| {
            *self = rest;
            content
        })
    }

    /// The elements inside the next one, which must have this tag.
    pub(crate) fn enter(&mut self, tag: u8) -> Option<Self> {
        self.content(tag).map(Self)
    }
}

/// Tag and content of each; ends at the first one that is damaged.
impl<'a> Iterator for Elements<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (tag, rest) = self.0.split_first()?;
        let (length, rest) = length(rest)?;
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((*tag, content))
    }
}

fn length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    if *first < 0x80 {
        return Some((usize::from(*first), rest));
    }
    let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
    if digits.is_empty() || digits.len() > 4 {
        return None;
    }
    Some((digits.iter().fold(0, |sum, digit| (sum << 8) | usize::from(*digit)), rest))
}

/// An unsigned number of at most four bytes.
pub(crate) fn number(content: &[u8]) -> Option<u32> {
    let digits = content.strip_prefix(&[0]).unwrap_or(content);
    (digits.len() <= 4).then(|| digits.iter().fold(0, |sum, digit| (sum << 8) | u32::from(*digit)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Elements, INTEGER, SEQUENCE, number};

    #[test]
    fn elements_are_read_in_turn() {
        let bytes = [0x30, 0x03, 0x02, 0x01, 0x07, 0x04, 0x81, 0x02, 1, 2];
        let mut elements = Elements::new(&bytes);
        assert!(elements.content(INTEGER).is_none());
        let mut inner = elements.enter(SEQUENCE).unwrap();
        assert_eq!(inner.content(INTEGER).and_then(number), Some(7));
        assert_eq!(elements.collect::<Vec<_>>(), [(4, &[1, 2][..])]);
    }

    #[test]
    fn a_length_beyond_the_end_is_no_element() {
        for bytes in
            [&[0x30][..], &[0x30, 2, 0], &[0x30, 0x80], &[0x30, 0x85, 1, 1, 1, 1, 1], &[0x30, 0x82, 1]]
        {
            assert_eq!(Elements::new(bytes).next(), None, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_come_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let read: usize = Elements::new(&bytes).map(|(_, content)| content.len() + 2).sum();
            prop_assert!(read <= bytes.len());
        }
    }
}
