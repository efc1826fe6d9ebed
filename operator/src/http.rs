//! Metrics and health.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::{encoding::text::encode, registry::Registry};
use slipway_controllers::Context;
use slipway_netboot::BootService;

/// What the pages show.
#[derive(Clone)]
pub(crate) struct Pages {
    pub(crate) registry: Arc<Registry>,
    pub(crate) context: Arc<Context>,
    pub(crate) boot: BootService,
}

/// `/metrics`, `/healthz`, `/readyz`, and `/boot/unknown`: machines that asked for a script and are claimed by no host.
pub(crate) fn router(pages: Pages) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/boot/unknown", get(unknown))
        .with_state(pages)
}

async fn metrics(State(pages): State<Pages>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &pages.registry) {
        Ok(()) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Ready: every host of the first lists is known, so the boot service can answer.
async fn ready(State(pages): State<Pages>) -> Response {
    if pages.context.is_ready() {
        "ok\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "hosts are still being listed\n").into_response()
    }
}

async fn unknown(State(pages): State<Pages>) -> Response {
    let machines: Vec<_> = pages
        .boot
        .unknown_machines()
        .into_iter()
        .map(|machine| {
            serde_json::json!({
                "mac": machine.mac.map(|mac| mac.to_string()),
                "why": machine.why,
                "times": machine.times,
                "lastAt": machine.last_at.to_string(),
            })
        })
        .collect();
    Json(machines).into_response()
}
