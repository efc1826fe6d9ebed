//! Metrics and health.

use std::{io, sync::Arc};

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
use tokio::net::TcpListener;

use crate::{
    admission::Admission,
    serving_certificate::{ServingCertificate, TlsListener},
};

/// Whether something is well; if not, why, on one line.
pub(crate) type Verdict = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// What the pages show.
#[derive(Clone)]
pub(crate) struct Pages {
    pub(crate) registry: Arc<Registry>,
    pub(crate) context: Arc<Context>,
    pub(crate) boot: BootService,
    pub(crate) admission: Arc<Admission>,
    /// Whether a restart of the process would not help.
    pub(crate) health: Verdict,
}

/// `/metrics`, `/healthz`, `/readyz`, and `/boot/unknown`: machines that asked for a script and are claimed by no host.
pub(crate) fn router(pages: Pages) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(healthy))
        .route("/readyz", get(ready))
        .route("/boot/unknown", get(unknown))
        .with_state(pages)
}

/// Serves the pages until `stop` resolves: by HTTPS when there is a certificate, which is followed as its files change.
///
/// Errors: those of the listener.
pub(crate) async fn serve(
    listener: TcpListener,
    pages: Router,
    certificate: Option<Arc<ServingCertificate>>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let Some(certificate) = certificate else {
        return axum::serve(listener, pages).with_graceful_shutdown(stop).await;
    };
    let listener = TlsListener::new(listener, &certificate);
    tokio::select! {
        served = axum::serve(listener, pages).with_graceful_shutdown(stop).into_future() => served,
        never = certificate.follow() => match never {},
    }
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

async fn healthy(State(pages): State<Pages>) -> Response {
    page((pages.health)().map(|()| String::new()))
}

/// Ready: every host of the first lists is known, so the boot service can answer.
async fn ready(State(pages): State<Pages>) -> Response {
    let known =
        || if pages.context.is_ready() { Ok(()) } else { Err("hosts are still being listed".to_owned()) };
    page(pages.admission.readiness().and_then(|notes| known().map(|()| notes)))
}

/// `ok` with notes of what is not served, or why not.
fn page(verdict: Result<String, String>) -> Response {
    match verdict {
        Ok(notes) => format!("ok\n{notes}").into_response(),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
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
