//! Answer files.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State},
    response::Response,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use slipway_core::boot::Step;

use super::{callback::admit, reply, script};
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
) -> Response {
    let attempt = match admit(&shared, &token) {
        Ok(attempt) => attempt,
        Err(refusal) => return refusal,
    };
    if !attempt.gives_answers(shared.clock.now()) {
        return reply::short(StatusCode::GONE, "the attempt is over");
    }
    let Some(file) = attempt.ticket.recipe.answer_files.iter().find(|file| file.name == name) else {
        return reply::short(StatusCode::NOT_FOUND, "the profile has no such answer file");
    };
    let Some(base) = script::base_url(&shared, &headers) else {
        return reply::short(StatusCode::BAD_REQUEST, "the Host header is no usable address");
    };
    let urls = BootUrls::new(base, attempt.token.clone());
    let text = match answer_file(&attempt.ticket, &urls, file) {
        Ok(text) => text,
        Err(failure) => {
            tracing::warn!(host.name = %attempt.id().host, reason = %failure.reason, "Answer file was not rendered: {failure}");
            return reply::later("the answer file cannot be rendered");
        }
    };
    if method != Method::HEAD && attempt.is_first(Once::Answer) {
        script::note(&shared, &attempt, Step::AnswerServed);
    }
    let content_type = HeaderValue::from_str(&file.content_type);
    reply::fresh(Body::from(text), content_type.unwrap_or(HeaderValue::from_static("text/plain")))
}
