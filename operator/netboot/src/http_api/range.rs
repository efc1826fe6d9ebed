//! `Range` of RFC 9110 §14, one range only.

/// What a request asks of a body of a known length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it.
    Whole,
    /// So many bytes from here.
    Slice { first: u64, length: u64 },
    /// Nothing that there is.
    Unsatisfiable,
}

/// Reads a `Range` header. What is not understood, and several ranges at once, are answered with the whole (RFC 9110 §14.2).
pub(crate) fn part(header: Option<&str>, length: u64) -> Part {
    let Some(range) = header.and_then(|header| header.strip_prefix("bytes=")) else {
        return Part::Whole;
    };
    match range.split_once('-') {
        Some(("", last)) => {
            last.parse().map_or(Part::Whole, |last: u64| slice(length.saturating_sub(last), length, length))
        }
        Some((first, "")) => first.parse().map_or(Part::Whole, |first| slice(first, length, length)),
        Some((first, last)) => match (first.parse::<u64>(), last.parse::<u64>()) {
            (Ok(first), Ok(last)) if first <= last => {
                slice(first, last.saturating_add(1).min(length), length)
            }
            _ => Part::Whole,
        },
        None => Part::Whole,
    }
}

fn slice(first: u64, end: u64, length: u64) -> Part {
    if first < length && first < end {
        Part::Slice { first, length: end - first }
    } else {
        Part::Unsatisfiable
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Part::{Slice, Unsatisfiable, Whole},
        part,
    };

    #[test]
    fn one_range_is_a_slice_and_the_rest_is_the_whole() {
        for (header, expected) in [
            ("bytes=0-3", Slice { first: 0, length: 4 }),
            ("bytes=4-", Slice { first: 4, length: 6 }),
            ("bytes=-3", Slice { first: 7, length: 3 }),
            ("bytes=-30", Slice { first: 0, length: 10 }),
            ("bytes=8-99", Slice { first: 8, length: 2 }),
            ("bytes=0-18446744073709551615", Slice { first: 0, length: 10 }),
            ("bytes=10-", Unsatisfiable),
            ("bytes=-0", Unsatisfiable),
            ("bytes=0-1,4-5", Whole),
            ("bytes=5-4", Whole),
            ("bytes=x-", Whole),
            ("lines=0-3", Whole),
        ] {
            assert_eq!(part(Some(header), 10), expected, "{header}");
        }
        assert_eq!(part(None, 10), Whole);
        assert_eq!(part(Some("bytes=0-"), 0), Unsatisfiable);
    }
}
