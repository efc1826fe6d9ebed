//! Counts and logs each request, without tokens: the route's pattern stands for the path.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use http::StatusCode;

use super::reply::Outcome;
use crate::service::Shared;

/// What each route is counted as.
const KINDS: [(&str, &str); 13] = [
    ("/boot.ipxe", "bootstrap"),
    ("/autoexec.ipxe", "bootstrap"),
    ("/ipxe.efi", "program"),
    ("/v1/script", "script"),
    ("/v1/error", "error"),
    ("/v1/boot/{token}/error", "error"),
    ("/v1/boot/{token}/answers/{file}", "answer"),
    ("/v1/boot/{token}/progress", "progress"),
    ("/v1/boot/{token}/log", "log"),
    ("/v1/boot/{token}/done", "done"),
    ("/v1/boot/{token}/failed", "failed"),
    ("/images/sha256/{sha256}", "image"),
    ("/images/sha256/{sha256}/{name}", "image"),
];

pub(crate) async fn account(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("", MatchedPath::as_str);
    let kind = KINDS.iter().find(|(known, _)| *known == route).map_or("other", |(_, kind)| kind);
    let result = response
        .extensions()
        .get::<Outcome>()
        .map_or_else(|| by_status(response.status()), |outcome| outcome.0);
    shared.metrics.request(kind, result);
    tracing::debug!(
        http.method = %method,
        http.route = route,
        http.status = response.status().as_u16(),
        result,
        "Boot request was answered"
    );
    response
}

fn by_status(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200..400 => "ok",
        403 => "forbidden",
        404 => "not_found",
        410 => "gone",
        503 => "unavailable",
        _ => "invalid",
    }
}
