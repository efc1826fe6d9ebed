//! Answer files.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State},
    response::Response,
};
use http::{HeaderMap, HeaderValue, Method};
use slipway_core::boot::Step;

use super::{callback::admit, refusal::Refusal, reply, script};
use crate::{
    attempt::Once,
    render::{BootUrls, answer_file},
    service::Shared,
};

pub(crate) async fn answer(
    State(shared): State<Arc<Shared>>,
    Path((token, name)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let attempt = admit(&shared, &token)?;
    if !attempt.gives_answers(shared.clock.now()) {
        return Err(Refusal::Over);
    }
    let mut files = attempt.ticket.recipe.answer_files.iter();
    let file = files.find(|file| file.name == name).ok_or(Refusal::NoSuchFile)?;
    let base = script::base_url(&shared, &headers).ok_or(Refusal::NoAddress)?;
    let urls = BootUrls::new(base, attempt.token.clone());
    let text = answer_file(&attempt.ticket, &urls, file).map_err(|failure| {
        let host = &attempt.id().host;
        tracing::warn!(host.name = %host, reason = %failure.reason, "Answer file was not rendered: {failure}");
        Refusal::NotRendered
    })?;
    if method != Method::HEAD && attempt.is_first(Once::Answer) {
        script::note(&shared, &attempt, Step::AnswerServed);
    }
    let content_type = HeaderValue::from_str(&file.content_type);
    Ok(reply::fresh(Body::from(text), content_type.unwrap_or(HeaderValue::from_static("text/plain"))))
}
