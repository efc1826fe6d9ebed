//! Settings: one PATCH, its tag, and a BMC that is busy (`facts/metal-peers.md §4.2`).

use serde_json::Value;
use slipway_core::failure::Failure;
use slipway_outbound::{Method, StatusCode};

use crate::{
    etag::{ETag, TagStyle},
    message::Class,
    reply::Reply,
    resource::Resource,
    visit::{Call, Visit},
};

/// Longest ladder: as sent, fresh, strong, none.
const TAG_TRIES: u32 = 5;

/// Writes to a resource that was read before. The answer is the last one, whatever its status: a refusal is the caller's to judge.
pub(crate) async fn patch(visit: &mut Visit<'_>, place: &Resource, body: &Value) -> Result<Reply, Failure> {
    let (tries, pause) = (visit.limits().busy_tries, visit.limits().busy_pause);
    let mut reply = with_tag(visit, place, body).await?;
    for _ in 1..tries {
        // Refused during the machine's self test, as a rule, which passes.
        if !reply.is_busy() {
            break;
        }
        tokio::time::sleep(pause).await;
        reply = with_tag(visit, place, body).await?;
    }
    Ok(reply)
}

async fn with_tag(visit: &mut Visit<'_>, place: &Resource, body: &Value) -> Result<Reply, Failure> {
    let mut tag = place.etag.clone();
    let mut style = visit.memory.tags;
    let mut fresh = false;
    let mut tries = 0;
    loop {
        tries += 1;
        let header = tag.as_ref().and_then(|tag| tag.header(style));
        let limit = visit.limits().request;
        let call = || {
            Call::new("write", Method::PATCH, &place.path, limit)
                .with_body(body)
                .with_if_match(header.clone())
        };
        let reply = visit.request(call).await?;
        if tries == TAG_TRIES || !wants_other_tag(&reply, header.is_some()) {
            if reply.status().is_success() {
                visit.memory.tags = style;
            }
            return Ok(reply);
        }
        if header.is_none() {
            style = TagStyle::AsSent;
        }
        if fresh {
            match tag.as_ref().and_then(|tag: &ETag| tag.next_style(style)) {
                Some(next) => style = next,
                None => return Ok(reply),
            }
        } else {
            tag = visit.get(&place.path).await?.etag;
            fresh = true;
        }
    }
}

/// 412: the tag is not liked. 428, or 429 at one maker, without a tag: one is wanted.
fn wants_other_tag(reply: &Reply, had_tag: bool) -> bool {
    match reply.status() {
        StatusCode::PRECONDITION_FAILED => true,
        StatusCode::PRECONDITION_REQUIRED => !had_tag,
        StatusCode::TOO_MANY_REQUESTS => !had_tag && !reply.answer.headers.contains_key("retry-after"),
        _ => false,
    }
}

/// Whether another form of the same wish may be accepted where this one was refused.
pub(crate) fn is_about_form(reply: &Reply) -> bool {
    let by_status = [StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY, StatusCode::NOT_IMPLEMENTED];
    match reply.class() {
        Some(Class::Form) => true,
        Some(_) => false,
        None => by_status.contains(&reply.status()),
    }
}
