//! The routes.

mod account;
mod answer;
mod callback;
mod image;
mod message;
mod program;
mod range;
mod refusal;
mod reply;
mod script;

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::from_fn_with_state,
    routing::get,
};
use http::{StatusCode, Uri, uri::PathAndQuery};
use tower::{Layer, util::MapRequestLayer};

use crate::service::Shared;

/// Every route answers HEAD like GET, without effects.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let routes = Router::new()
        .route("/boot.ipxe", get(script::bootstrap))
        .route("/autoexec.ipxe", get(script::bootstrap))
        .route("/ipxe.efi", get(program::program))
        .route("/v1/script", get(script::script))
        .route("/v1/error", get(script::stranger_error))
        .route("/v1/boot/{token}/error", get(script::error))
        .route("/v1/boot/{token}/answers/{file}", get(answer::answer))
        .route("/v1/boot/{token}/progress", get(callback::progress).post(callback::progress))
        .route("/v1/boot/{token}/log", get(callback::log).post(callback::log))
        .route("/v1/boot/{token}/done", get(callback::done).post(callback::done))
        .route("/v1/boot/{token}/failed", get(callback::failed).post(callback::failed))
        .route("/images/sha256/{sha256}", get(image::image))
        .route("/images/sha256/{sha256}/{name}", get(image::named_image))
        .fallback(async || reply::short(StatusCode::NOT_FOUND, "no such page"))
        .layer(DefaultBodyLimit::max(message::BODY))
        .layer(from_fn_with_state(shared.clone(), account::account))
        .with_state(shared);
    Router::new().fallback_service(MapRequestLayer::new(single_slashes).layer(routes))
}

/// shim asks for its second stage with a doubled slash (`facts/boot.md` B5).
fn single_slashes(mut request: Request) -> Request {
    if let Some(uri) = with_single_slashes(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

fn with_single_slashes(uri: &Uri) -> Option<Uri> {
    let (path, query) = (uri.path(), uri.query());
    if !path.contains("//") {
        return None;
    }
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let end = if path.ends_with('/') && !segments.is_empty() { "/" } else { "" };
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    let text = format!("/{}{end}{query}", segments.join("/"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(text).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::with_single_slashes;

    #[test]
    fn doubled_slashes_of_the_path_are_one() {
        for (uri, expected) in [
            ("/boot.ipxe", None),
            ("//boot.ipxe", Some("/boot.ipxe")),
            ("/v1///script?a=//b", Some("/v1/script?a=//b")),
            ("//", Some("/")),
            ("/v1/boot//x//", Some("/v1/boot/x/")),
        ] {
            let actual = with_single_slashes(&uri.parse().unwrap());
            assert_eq!(actual.map(|uri| uri.to_string()).as_deref(), expected, "{uri}");
        }
    }
}
