//! A list of several pages, whole or not at all (`facts/ocm.md §2.2`).

use std::collections::BTreeSet;

use slipway_core::{failure::Failure, reason::Reason};

use crate::wire::Page;

/// Walks through all pages. Items that come twice, because something was put in front of them meanwhile, are kept once.
///
/// A page may be short because the service gives no longer ones; the end is there when no page follows or all that it counts have come.
///
/// Errors: those of `fetch`, [`Reason::NotRegistrar`] for a list that ends before all items have come or does not end. `None` of
/// `fetch` is no page.
pub(crate) async fn whole<T, F>(
    what: &str,
    size: usize,
    pages: usize,
    name: impl Fn(&T) -> &str,
    mut fetch: impl FnMut(usize) -> F,
) -> Result<Vec<T>, Failure>
where
    F: Future<Output = Result<Page<T>, Failure>>,
{
    let broken = |why: String| {
        let message =
            format!("the list of {what} {why}; check `spec.registrar.ocm.url` and any proxy in between");
        Failure::new(Reason::NotRegistrar, message)
    };
    let (mut all, mut seen, mut came) = (vec![], BTreeSet::new(), 0);
    for page in 1..=pages {
        let parts = fetch(page).await?.parts();
        let (items, total) = parts.ok_or_else(|| broken("has a page without items".to_owned()))?;
        let count = items.len();
        came += count;
        all.extend(items.into_iter().filter(|item| seen.insert(name(item).to_owned())));
        match total {
            Some(total) if came >= total && count < size => return Ok(all),
            Some(total) if count == 0 => {
                return Err(broken(format!("ended after {came} of {total} items")));
            }
            None if count < size => return Ok(all),
            _ => {}
        }
    }
    Err(broken(format!("did not end after {pages} pages")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::whole;
    use crate::wire::{Label, Page};

    async fn walk(pages: &[Value]) -> Result<usize, String> {
        let fetch = |page: usize| {
            let page: Page<Label> = serde_json::from_value(pages[page - 1].clone()).unwrap();
            async { Ok(page) }
        };
        let found = whole("labels", 3, pages.len(), |label: &Label| &label.key, fetch).await;
        found.map(|all| all.len()).map_err(|failure| failure.message)
    }

    fn page(keys: &str, total: impl Into<Value>) -> Value {
        let items: Vec<_> = keys.chars().map(|key| json!({"key": key.to_string(), "value": "x"})).collect();
        json!({"kind": "LabelList", "items": items, "total": total.into()})
    }

    #[tokio::test]
    async fn a_list_is_whole_or_it_is_an_error() {
        for (pages, expected) in [
            (vec![page("", 0)], Ok(0)),
            (vec![json!({"items": null, "total": 0})], Ok(0)),
            (vec![page("ab", 2)], Ok(2)),
            (vec![page("ab", None::<i32>)], Ok(2)),
            (vec![page("abc", 3), page("", 3)], Ok(3)),
            (vec![page("abc", 4), page("d", 4)], Ok(4)),
            // Something was put in front meanwhile.
            (vec![page("abc", 4), page("cd", 5)], Ok(4)),
            // The service gives no longer pages.
            (vec![page("a", 2), page("b", 2)], Ok(2)),
            // It does not page at all.
            (vec![page("abcde", 5), page("abcde", 5), page("", 5)], Ok(5)),
            (vec![page("ab", 9), page("", 9)], Err("ended after 2 of 9")),
            (vec![page("abc", 9), page("def", 9)], Err("did not end after 2 pages")),
            (vec![json!({"total": 3})], Err("without items")),
            (vec![json!({})], Err("without items")),
        ] {
            match (walk(&pages).await, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{pages:?}"),
                (Err(message), Err(words)) => assert!(message.contains(words), "{message}"),
                other => panic!("{pages:?} {other:?}"),
            }
        }
    }
}
