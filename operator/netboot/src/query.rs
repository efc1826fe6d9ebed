//! Query strings as iPXE writes them.

/// Pairs of a query string, decoded by RFC 3986: `+` is a plus, not a space, because iPXE's `:uristring` leaves it
/// raw (`facts/boot.md` A6).
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

/// More pairs than any request of ours has; the rest is ignored.
const PAIRS: usize = 32;

impl Query {
    pub(crate) fn parse(raw: Option<&str>) -> Self {
        let pairs = raw.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).take(PAIRS);
        Self(
            pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .map(|(name, value)| (decode(name), decode(value)))
                .collect(),
        )
    }

    /// The first value of that name that is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of that name that is not empty.
    pub(crate) fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = escaped(tail).filter(|_| *first == b'%');
        bytes.push(escape.unwrap_or(*first));
        rest = if escape.is_some() { tail.get(2..).unwrap_or_default() } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn escaped(tail: &[u8]) -> Option<u8> {
    let digits = tail.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::Query;

    #[test]
    fn a_plus_is_a_plus_and_damaged_escapes_stay_as_they_are() {
        let query = Query::parse(Some("serial=SN+1/2%3Ax&mac=&mac=a%2db&bad=%zz%4&flag&u=%C3%A9"));
        assert_eq!(query.get("serial"), Some("SN+1/2:x"));
        assert_eq!(query.get("mac"), Some("a-b"), "an empty value is no value");
        assert_eq!(query.get("bad"), Some("%zz%4"));
        assert_eq!(query.get("flag"), None);
        assert_eq!(query.get("u"), Some("é"));
        assert_eq!(Query::parse(None).get("mac"), None);
    }

    #[test]
    fn repeated_names_keep_their_order() {
        let query = Query::parse(Some("mac=1&mac=2"));
        assert_eq!(query.all("mac").collect::<Vec<_>>(), ["1", "2"]);
    }
}
