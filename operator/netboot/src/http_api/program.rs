//! The EFI boot program, where the administrator gave one.

use std::sync::Arc;

use axum::{body::Body, extract::State, response::Response};
use http::{HeaderValue, StatusCode};

use super::reply::{fresh, short};
use crate::service::Shared;

pub(crate) async fn program(State(shared): State<Arc<Shared>>) -> Response {
    match &shared.program {
        Some(program) => fresh(Body::from(program.clone()), HeaderValue::from_static("application/efi")),
        None => short(StatusCode::NOT_FOUND, "no EFI boot program is configured"),
    }
}
