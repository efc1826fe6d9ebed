//! Control over plain HTTP, for whoever runs the rack as a program of its own.

use crate::bmc::{Bmc, Indicator};
use crate::fault::{Fault, FaultId};
use crate::fleet::Fleet;
use crate::machine::{Behaviour, MachineState, ResetType, Step};
use crate::recording::{Call, Counters};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use std::io;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Serves the control API until the task is dropped.
///
/// `GET /counters`, `GET /bmcs`, `GET /bmcs/{i}`, `GET /bmcs/{i}/calls`, `GET /bmcs/{i}/steps`,
/// `GET|POST|DELETE /bmcs/{i}/faults`, `POST /bmcs/{i}/behaviour`, `POST /bmcs/{i}/power`,
/// `POST /bmcs/{i}/connections`, `POST /boot-url`.
pub async fn serve(fleet: Arc<Fleet>, listener: TcpListener) -> io::Result<()> {
    axum::serve(listener, router(fleet)).await
}

fn router(fleet: Arc<Fleet>) -> Router {
    Router::new()
        .route("/counters", get(counters))
        .route("/boot-url", post(set_boot_url))
        .route("/bmcs", get(list))
        .route("/bmcs/{index}", get(one))
        .route("/bmcs/{index}/calls", get(calls))
        .route("/bmcs/{index}/steps", get(steps))
        .route("/bmcs/{index}/faults", get(faults).post(add_fault).delete(clear_faults))
        .route("/bmcs/{index}/behaviour", post(set_behaviour))
        .route("/bmcs/{index}/power", post(press))
        .route("/bmcs/{index}/connections", post(set_connections))
        .with_state(fleet)
}

/// One line of the list.
#[derive(Debug, Serialize)]
struct Summary {
    index: usize,
    address: String,
    shape: String,
    mac: String,
    uuid: String,
    serial: String,
    username: &'static str,
    password: String,
    state: MachineState,
    asset_tag: Option<String>,
    indicator: Indicator,
    open_sessions: usize,
    counters: Counters,
}

fn summary(fleet: &Fleet, bmc: &Bmc) -> Summary {
    let index = bmc.index();
    let identity = bmc.machine().identity();
    Summary {
        index,
        address: fleet.address(index),
        shape: bmc.shape().name.clone(),
        mac: identity.macs.into_iter().next().unwrap_or_default(),
        uuid: identity.uuid,
        serial: identity.serial,
        username: fleet.username(),
        password: bmc.password(),
        state: bmc.machine().state(),
        asset_tag: bmc.asset_tag(),
        indicator: bmc.indicator(),
        open_sessions: bmc.open_sessions(),
        counters: bmc.counters(),
    }
}

type Shared = State<Arc<Fleet>>;

fn find(fleet: &Fleet, index: usize) -> Result<Bmc, StatusCode> {
    if index < fleet.len() { Ok(fleet.bmc(index)) } else { Err(StatusCode::NOT_FOUND) }
}

async fn counters(State(fleet): Shared) -> Json<Counters> {
    Json(fleet.counters())
}

async fn list(State(fleet): Shared) -> Json<Vec<Summary>> {
    Json(fleet.bmcs().map(|bmc| summary(&fleet, bmc)).collect())
}

async fn one(State(fleet): Shared, Path(index): Path<usize>) -> Result<Json<Summary>, StatusCode> {
    find(&fleet, index).map(|bmc| Json(summary(&fleet, &bmc)))
}

async fn calls(State(fleet): Shared, Path(index): Path<usize>) -> Result<Json<Vec<Call>>, StatusCode> {
    find(&fleet, index).map(|bmc| Json(bmc.calls()))
}

async fn steps(State(fleet): Shared, Path(index): Path<usize>) -> Result<Json<Vec<Step>>, StatusCode> {
    find(&fleet, index).map(|bmc| Json(bmc.machine().steps()))
}

/// A fault with its number and how often it was met.
#[derive(Debug, Serialize)]
struct SetFault {
    id: FaultId,
    fault: Fault,
    hits: u64,
}

async fn faults(State(fleet): Shared, Path(index): Path<usize>) -> Result<Json<Vec<SetFault>>, StatusCode> {
    let list = find(&fleet, index)?.faults();
    Ok(Json(list.into_iter().map(|(id, fault, hits)| SetFault { id, fault, hits }).collect()))
}

async fn add_fault(
    State(fleet): Shared,
    Path(index): Path<usize>,
    Json(fault): Json<Fault>,
) -> Result<Json<FaultId>, StatusCode> {
    find(&fleet, index).map(|bmc| Json(bmc.add_fault(fault)))
}

async fn clear_faults(State(fleet): Shared, Path(index): Path<usize>) -> Result<(), StatusCode> {
    find(&fleet, index).map(|bmc| bmc.clear_faults())
}

async fn set_behaviour(
    State(fleet): Shared,
    Path(index): Path<usize>,
    Json(behaviour): Json<Behaviour>,
) -> Result<(), StatusCode> {
    find(&fleet, index).map(|bmc| bmc.machine().set_behaviour(behaviour))
}

/// A person at the machine.
#[derive(Debug, Deserialize)]
struct Press {
    reset: ResetType,
}

async fn press(
    State(fleet): Shared,
    Path(index): Path<usize>,
    Json(press): Json<Press>,
) -> Result<Json<bool>, StatusCode> {
    find(&fleet, index).map(|bmc| Json(bmc.machine().reset(press.reset)))
}

/// Whether connections are refused.
#[derive(Debug, Deserialize)]
struct Connections {
    refuse: bool,
}

async fn set_connections(
    State(fleet): Shared,
    Path(index): Path<usize>,
    Json(wanted): Json<Connections>,
) -> Result<(), StatusCode> {
    find(&fleet, index)?.refuse_connections(wanted.refuse).await;
    Ok(())
}

/// Where DHCP sends the machines.
#[derive(Debug, Deserialize)]
struct BootUrl {
    url: Option<String>,
}

async fn set_boot_url(State(fleet): Shared, Json(wanted): Json<BootUrl>) {
    fleet.set_boot_url(wanted.url.as_deref());
}
