use std::sync::Arc;
use slipway_core::{clock::*, host::*, secret::Secret, trust::Trust};
use slipway_outbound::{Connector, Policy};
use slipway_redfish::*;
struct C;
impl Clock for C { fn now(&self) -> Timestamp { Timestamp::now() } }
struct P;
impl Observer for P { fn request(&self, _: &'static str, op: &'static str, c: &'static str, s: f64) { eprintln!("  {op} {c} {s:.3}"); } }
#[tokio::main]
async fn main() {
    let policy = Policy { allowed: vec!["127.0.0.0/8".parse().unwrap()], allow_insecure: true, ..Policy::default() };
    let hosts = RedfishHosts::new(Arc::new(Connector::new(policy)), Arc::new(C), Limits::default(), Arc::new(P));
    let e = Endpoint { host: HostKey { namespace: "a".into(), name: "b".into(), uid: "c".into() }, address: "http://127.0.0.1:18123".parse().unwrap(), system_id: std::env::args().nth(1), username: "x".into(), password: Secret::new("y"), credentials_version: "1".into(), trust: Trust::System };
    println!("{:#?}", hosts.observe(&e, Depth::Inventory).await);
    for b in [BootFrom::Network { uefi: true }, BootFrom::Disk, BootFrom::Http{uri: Some("http://1.2.3.4/x".parse().unwrap())}, BootFrom::Network { uefi: false }] { println!("{b:?} {:?}", hosts.boot_from(&e, &b).await); }
    for r in [Reset::On, Reset::GracefulShutdown, Reset::ForceRestart, Reset::ForceOff, Reset::PowerCycle] { println!("{r} {:?}", hosts.reset(&e, r).await); println!("{:?}", hosts.observe(&e, Depth::Power).await.map(|o| o.power)); }
    println!("{:?}", hosts.write_properties(&e, &[PropertyChange::Indicator(Indicator::Lit), PropertyChange::AssetTag("x".into())]).await);
}
