//! A thousand BMCs in one process, each called over TLS, in under 300 MB. A test binary of its own, so that the figure is
//! the fleet's.

use reqwest::{Certificate, Client};
use slipway_sim::{Fleet, FleetConfig};
use std::time::{Duration, Instant};

const COUNT: usize = 1000;
const LIMIT_KIB: u64 = 300 << 10;

/// Resident memory as the kernel counts it (proc(5), status).
#[cfg(test)]
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[cfg(test)]
fn caller(fleet: &Fleet) -> Client {
    let ca = Certificate::from_pem(fleet.ca_pem().as_bytes()).unwrap();
    Client::builder().tls_certs_only([ca]).build().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_bmcs_stay_under_300_mb() {
    let started = Instant::now();
    let fleet = Fleet::start(FleetConfig::new(COUNT)).await.unwrap();
    let start = started.elapsed();
    assert!(start < Duration::from_secs(10), "{start:?}");
    // Every caller is kept, and with it a connection to every BMC.
    let mut callers = Vec::with_capacity(COUNT);
    for index in 0..COUNT {
        let caller = caller(&fleet);
        let request = caller.get(format!("{}/redfish/v1/Systems/1", fleet.address(index)));
        let request = request.basic_auth(fleet.username(), Some(fleet.password(index)));
        assert_eq!(request.send().await.unwrap().status(), 200);
        callers.push(caller);
    }
    assert_eq!(fleet.counters().gets, COUNT as u64);
    let resident = resident_kib();
    println!("started in {start:?}, {} MiB with {COUNT} open connections on both ends", resident >> 10);
    assert!(resident < LIMIT_KIB, "{resident} KiB");
}
