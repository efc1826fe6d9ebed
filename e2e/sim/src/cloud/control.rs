//! Control over plain HTTP, for whoever runs a cloud with its racks as a program of its own.

use super::{Cloud, CloudCall, Violation};
use crate::fault::{Fault, FaultId};
use crate::rack::{PinPost, Rack};
use crate::wire::Trouble;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// A cloud and its racks.
#[derive(Debug)]
struct Site {
    cloud: Cloud,
    racks: Vec<Rack>,
}

type Shared = State<Arc<Site>>;

/// Serves the control API until the task is dropped.
///
/// `GET|POST /clock`, `POST /skew`, `GET /calls`, `GET /violations`, `DELETE /journal`, `GET|POST|DELETE /faults`,
/// `GET /infrastructures`, `GET|DELETE /infrastructures/{id}`, `POST /infrastructures/{id}/reject`,
/// `POST /infrastructures/{id}/pin`, `GET /schedules`, `GET /racks`, `GET /racks/{i}/posts`,
/// `POST /racks/{i}/contact`, `POST|DELETE /racks/{i}/faults`.
pub async fn serve(cloud: Cloud, racks: Vec<Rack>, listener: TcpListener) -> io::Result<()> {
    axum::serve(listener, router(Arc::new(Site { cloud, racks }))).await
}

fn router(site: Arc<Site>) -> Router {
    Router::new()
        .route("/clock", get(clock).post(turn_clock))
        .route("/skew", post(set_skew))
        .route("/calls", get(calls))
        .route("/violations", get(violations))
        .route("/journal", axum::routing::delete(clear_journal))
        .route("/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/infrastructures", get(infrastructures))
        .route("/infrastructures/{id}", get(infrastructure).delete(delete_infrastructure))
        .route("/infrastructures/{id}/reject", post(force_reject))
        .route("/infrastructures/{id}/pin", post(rotate_pin))
        .route("/schedules", get(schedules))
        .route("/racks", get(racks))
        .route("/racks/{index}/posts", get(posts))
        .route("/racks/{index}/contact", post(set_contact))
        .route("/racks/{index}/faults", post(add_rack_fault).delete(clear_rack_faults))
        .with_state(site)
}

/// What the clock shows.
#[derive(Debug, Serialize)]
struct Shown {
    now: Timestamp,
    speed: f64,
}

async fn clock(State(site): Shared) -> Json<Shown> {
    let clock = site.cloud.clock();
    Json(Shown { now: clock.now(), speed: clock.speed() })
}

/// How the clock is turned.
#[derive(Debug, Deserialize)]
struct Turn {
    /// Seconds forward.
    #[serde(default)]
    advance: u64,
    speed: Option<f64>,
}

async fn turn_clock(site: Shared, Json(turn): Json<Turn>) -> Json<Shown> {
    let clock = site.cloud.clock();
    clock.advance(Duration::from_secs(turn.advance));
    turn.speed.into_iter().for_each(|speed| clock.set_speed(speed));
    self::clock(site).await
}

/// How far the service's idea of the wall's clock is off.
#[derive(Debug, Deserialize)]
struct Skew {
    seconds: i64,
}

async fn set_skew(State(site): Shared, Json(skew): Json<Skew>) {
    site.cloud.set_skew(SignedDuration::from_secs(skew.seconds));
}

async fn calls(State(site): Shared) -> Json<Vec<CloudCall>> {
    Json(site.cloud.calls())
}

async fn violations(State(site): Shared) -> Json<Vec<Violation>> {
    Json(site.cloud.violations())
}

async fn clear_journal(State(site): Shared) {
    site.cloud.clear_journal();
}

/// A fault with its number and how often it was met.
#[derive(Debug, Serialize)]
struct SetFault {
    id: FaultId,
    fault: Fault<Trouble>,
    hits: u64,
}

async fn faults(State(site): Shared) -> Json<Vec<SetFault>> {
    let list = site.cloud.faults().into_iter();
    Json(list.map(|(id, fault, hits)| SetFault { id, fault, hits }).collect())
}

async fn add_fault(State(site): Shared, Json(fault): Json<Fault<Trouble>>) -> Json<FaultId> {
    Json(site.cloud.add_fault(fault))
}

async fn clear_faults(State(site): Shared) {
    site.cloud.clear_faults();
}

async fn infrastructures(State(site): Shared) -> Json<Vec<Value>> {
    let ids = site.cloud.infrastructures();
    Json(ids.iter().filter_map(|id| site.cloud.infrastructure(id)).collect())
}

async fn infrastructure(State(site): Shared, Path(id): Path<String>) -> Result<Json<Value>, StatusCode> {
    site.cloud.infrastructure(&id).map(Json).ok_or(StatusCode::NOT_FOUND)
}

fn done(done: bool) -> Result<(), StatusCode> {
    if done { Ok(()) } else { Err(StatusCode::NOT_FOUND) }
}

async fn delete_infrastructure(State(site): Shared, Path(id): Path<String>) -> Result<(), StatusCode> {
    done(site.cloud.delete_infrastructure(&id))
}

async fn force_reject(State(site): Shared, Path(id): Path<String>) -> Result<(), StatusCode> {
    done(site.cloud.force_reject(&id))
}

async fn rotate_pin(State(site): Shared, Path(id): Path<String>) -> Result<(), StatusCode> {
    done(site.cloud.rotate_pin(&id))
}

async fn schedules(State(site): Shared) -> Json<Vec<Value>> {
    let ids = site.cloud.schedules();
    Json(ids.iter().filter_map(|id| site.cloud.schedule(id)).collect())
}

/// One line of the list.
#[derive(Debug, Serialize)]
struct Summary {
    index: usize,
    name: String,
    url: String,
    posts: usize,
}

async fn racks(State(site): Shared) -> Json<Vec<Summary>> {
    let summary = |(index, rack): (usize, &Rack)| {
        let (name, url) = (rack.name().to_owned(), rack.url());
        Summary { index, name, url, posts: rack.posts().len() }
    };
    Json(site.racks.iter().enumerate().map(summary).collect())
}

impl Site {
    fn rack(&self, index: usize) -> Result<&Rack, StatusCode> {
        self.racks.get(index).ok_or(StatusCode::NOT_FOUND)
    }
}

async fn posts(State(site): Shared, Path(index): Path<usize>) -> Result<Json<Vec<PinPost>>, StatusCode> {
    site.rack(index).map(|rack| Json(rack.posts()))
}

/// Whether the rack's link to the cloud is up.
#[derive(Debug, Deserialize)]
struct Contact {
    up: bool,
}

async fn set_contact(
    State(site): Shared,
    Path(index): Path<usize>,
    Json(contact): Json<Contact>,
) -> Result<(), StatusCode> {
    site.rack(index).map(|rack| rack.set_contact(contact.up))
}

async fn add_rack_fault(
    State(site): Shared,
    Path(index): Path<usize>,
    Json(fault): Json<Fault<Trouble>>,
) -> Result<Json<FaultId>, StatusCode> {
    site.rack(index).map(|rack| Json(rack.add_fault(fault)))
}

async fn clear_rack_faults(State(site): Shared, Path(index): Path<usize>) -> Result<(), StatusCode> {
    site.rack(index).map(Rack::clear_faults)
}
