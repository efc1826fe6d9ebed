//! Entity tags and their headers (facts/metal-peers.md §4.2).

use super::answer::Answer;
use crate::shapes::{EtagForm, EtagShape, IfMatch};
use http::HeaderMap;
use http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use serde_json::Value;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Tag of a resource: a digest of what it says.
pub(super) fn tag(form: EtagForm, resource: &Value) -> Option<String> {
    let mut hasher = DefaultHasher::new();
    resource.to_string().hash(&mut hasher);
    let digest = hasher.finish();
    match form {
        EtagForm::None => None,
        EtagForm::Weak => Some(format!("W/\"{digest:016x}\"")),
        EtagForm::Strong => Some(format!("\"{digest:016x}\"")),
    }
}

/// A GET's answer, or 304 when the caller has it already.
pub(super) fn answer(shape: EtagShape, headers: &HeaderMap, mut resource: Value) -> Answer {
    let Some(tag) = tag(shape.form, &resource) else {
        return Answer::json(200, &resource);
    };
    if shape.not_modified && header(headers, &IF_NONE_MATCH) == Some(&tag) {
        return Answer::empty(304).with(ETAG, tag);
    }
    resource["@odata.etag"] = Value::from(tag.clone());
    Answer::json(200, &resource).with(ETAG, tag)
}

/// Whether a PATCH of this resource may go on.
pub(super) fn check(shape: EtagShape, headers: &HeaderMap, resource: &Value) -> Result<(), Answer> {
    let given = header(headers, &IF_MATCH);
    let current = tag(shape.form, resource).unwrap_or_default();
    let holds = match (shape.if_match, given) {
        (IfMatch::Required, None) => return Err(Answer::error(428, "PreconditionRequired", &[])),
        (IfMatch::Ignored, _) | (_, None) => true,
        (IfMatch::Refused, Some(_)) => false,
        (IfMatch::Checked | IfMatch::Required, Some(given)) => given == "*" || given == current,
        (IfMatch::StrongFormOnly, Some(given)) => given == "*" || given == current.trim_start_matches("W/"),
    };
    if holds { Ok(()) } else { Err(Answer::error(412, "PreconditionFailed", &[])) }
}

/// An action has no tag of its own, so any tag is wrong there.
pub(super) fn check_action(shape: EtagShape, headers: &HeaderMap) -> Result<(), Answer> {
    if shape.if_match != IfMatch::Ignored && header(headers, &IF_MATCH).is_some() {
        return Err(Answer::error(412, "PreconditionFailed", &[]));
    }
    Ok(())
}

fn header<'h>(headers: &'h HeaderMap, name: &http::HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
