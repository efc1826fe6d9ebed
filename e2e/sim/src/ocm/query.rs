//! The query and the path of a request.

use super::refusal::Refusal;

/// Parameters in order; of a repeated one the first counts (`facts/ocm.md §2.2`).
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn read(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(one, _)| one == name).map(|(_, value)| value.as_str())
    }

    /// Whether a flag such as `fetchLabels` is set; `None` when it is not named.
    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).map(|value| matches!(value, "true" | "1" | "t"))
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        self.flag(name) == Some(true)
    }

    /// Whether search or order speak of this relation.
    pub(super) fn mentions(&self, relation: &str) -> bool {
        let texts = ["search", "orderBy", "order"].into_iter().filter_map(|name| self.get(name));
        texts.into_iter().any(|text| {
            text.match_indices(relation).any(|(at, _)| text[at + relation.len()..].starts_with('.'))
        })
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.get(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        let number = text.parse().map_err(|_| Refusal::bad_request(format!("{name} is not a number")))?;
        Ok(Some(number))
    }
}

/// The parts of a path without their percent signs; `None` when one is no text.
pub(super) fn parts(path: &str) -> Option<Vec<String>> {
    path.split('/').map(decoded).collect()
}

fn decoded(part: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = tail.get(..2).filter(|_| first == b'%');
        let code = code.and_then(|code| u8::from_str_radix(std::str::from_utf8(code).ok()?, 16).ok());
        bytes.push(code.unwrap_or(first));
        rest = if code.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_queries_are_decoded() {
        assert_eq!(parts("a%2Fb/c+d/%"), Some(vec!["a/b".to_owned(), "c+d".to_owned(), "%".to_owned()]));
        assert_eq!(parts("%ff"), None);
        let query = Query::read("search=a+%3D+%27b%27&search=other&fetchLabels=true&size=x");
        assert_eq!((query.get("search"), query.is_set("fetchLabels")), (Some("a = 'b'"), true));
        assert_eq!(query.number("size").unwrap_err().status, 400);
    }
}
