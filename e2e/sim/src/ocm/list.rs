//! Lists: search, order, pages, fields (`facts/ocm.md §2.2`).

use super::query::Query;
use super::refusal::Refusal;
use super::search::{Search, Table, compare};
use crate::wire::Reply;
use serde_json::{Map, Value, json};
use std::cmp::Ordering;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

/// Items a page has unless more or fewer are wanted.
const USUAL: i64 = 100;
/// Items a page has at most.
const MOST: i64 = 65_500;

/// One page of things.
#[derive(Debug)]
pub(super) struct Page<T> {
    number: i64,
    total: usize,
    pub(super) items: Vec<T>,
}

/// The things that a query finds, in its order, the wanted page of them. `rows` makes of a thing what a search looks
/// at; `shuffle` is another number at each call.
pub(super) fn select<T>(
    query: &Query,
    table: &Table,
    things: Vec<T>,
    shuffle: u64,
    rows: impl Fn(&T, &Search) -> Vec<Value>,
) -> Result<Page<T>, Refusal> {
    let search = Search::read(query.get("search").unwrap_or_default(), table)?;
    let order = Order::read(query, table)?;
    let mut found: Vec<(Vec<Value>, T)> =
        things.into_iter().map(|thing| (rows(&thing, &search), thing)).collect();
    found.retain(|(rows, _)| search.finds(rows));
    if order.0.is_empty() {
        // Nobody may rely on an order that was not asked for.
        found.sort_by_cached_key(|(rows, _)| scattered(shuffle, rows));
    } else {
        found.sort_by(|(a, _), (b, _)| order.of(a, b));
    }
    let total = found.len();
    let page = query.number("page")?.unwrap_or(1).max(1);
    let size = query.number("size")?.unwrap_or(USUAL);
    let size = if (0..=MOST).contains(&size) { size } else { MOST };
    let skipped = usize::try_from((page - 1).saturating_mul(size)).unwrap_or(usize::MAX);
    let size = usize::try_from(size).unwrap_or_default();
    let items = found.into_iter().skip(skipped).take(size).map(|(_, thing)| thing).collect();
    Ok(Page { number: page, total, items })
}

fn scattered(shuffle: u64, rows: &[Value]) -> u64 {
    let mut hasher = DefaultHasher::new();
    shuffle.hash(&mut hasher);
    rows.first().map(Value::to_string).hash(&mut hasher);
    hasher.finish()
}

impl<T> Page<T> {
    /// The same page with other items in place of its own.
    pub(super) fn with<U>(self, items: Vec<U>) -> Page<U> {
        Page { number: self.number, total: self.total, items }
    }
}

impl Page<Value> {
    /// As the service answers; `kind` is that of one item.
    pub(super) fn answer(self, kind: &str, query: &Query) -> Reply {
        let fields: Vec<&str> = query.get("fields").unwrap_or_default().split(',').map(str::trim).collect();
        let all = fields.iter().all(|field| field.is_empty());
        let cut = |item: Value| if all { item } else { cut(&item, &fields) };
        let items: Vec<Value> = self.items.into_iter().map(cut).collect();
        let kind = format!("{kind}List");
        Reply::json(
            200,
            &json!({"kind": kind, "page": self.number, "size": items.len(), "total": self.total, "items": items}),
        )
    }
}

/// What a list is sorted by.
struct Order(Vec<(String, bool)>);

impl Order {
    /// `orderBy`, or `order` as the vendor's library has it.
    fn read(query: &Query, table: &Table) -> Result<Self, Refusal> {
        let text = query.get("orderBy").or_else(|| query.get("order")).unwrap_or_default();
        let bad = |part: &str| Refusal::bad_request(format!("bad order value '{part}'"));
        let mut keys = Vec::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let words: Vec<&str> = part.split_whitespace().collect();
            let (field, falling) = match words[..] {
                [field] => (field, false),
                [field, way] if way.eq_ignore_ascii_case("asc") => (field, false),
                [field, way] if way.eq_ignore_ascii_case("desc") => (field, true),
                _ => return Err(bad(part)),
            };
            if !table.iter().any(|(one, _)| *one == field) {
                return Err(bad(part));
            }
            keys.push((field.to_owned(), falling));
        }
        Ok(Self(keys))
    }

    fn of(&self, a: &[Value], b: &[Value]) -> Ordering {
        let value = |rows: &[Value], field: &str| {
            let row = rows.first()?;
            field.split('.').try_fold(row, |value, part| value.get(part)).cloned()
        };
        for (field, falling) in &self.0 {
            let order = match (value(a, field), value(b, field)) {
                (Some(a), Some(b)) => compare(&a, &b).unwrap_or(Ordering::Equal),
                (a, b) => b.is_some().cmp(&a.is_some()),
            };
            let order = if *falling { order.reverse() } else { order };
            if order.is_ne() {
                return order;
            }
        }
        Ordering::Equal
    }
}

/// The wanted fields of an item, and its id.
fn cut(item: &Value, fields: &[&str]) -> Value {
    let mut kept = Map::new();
    for field in fields.iter().chain(&["id"]) {
        let (first, rest) = field.split_once('.').unwrap_or((field, "*"));
        let Some(value) = item.get(first) else { continue };
        if rest == "*" {
            kept.insert(first.to_owned(), value.clone());
            continue;
        }
        let part = |one: &Value| one.get(rest).map_or_else(|| json!({}), |part| json!({rest: part}));
        let part = match value {
            Value::Array(items) => items.iter().map(part).collect(),
            one => part(one),
        };
        match (kept.get_mut(first), part) {
            (Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
            (_, part) => {
                kept.insert(first.to_owned(), part);
            }
        }
    }
    Value::Object(kept)
}
