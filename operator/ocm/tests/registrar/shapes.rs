//! Records in every form in which they are written.

use std::time::Duration;

use slipway_core::subscription::{RegistrarPort, RemoteStatus};
use slipway_sim::{OcmConfig, OcmShape, OcmSwitches, Telemetry};

use crate::bench::{Bench, limits};

fn shapes() -> [OcmShape; 4] {
    let missing = ["display_name", "updated_at", "plan", "provenance", "status", "managed", "metrics"];
    [
        OcmShape::default(),
        OcmShape { zero_dates: false, unknown_fields: true, ..OcmShape::default() },
        OcmShape { floats: true, nulls: true, ..OcmShape::default() },
        OcmShape { missing: missing.iter().map(|&name| name.to_owned()).collect(), ..OcmShape::default() },
    ]
}

#[tokio::test]
async fn every_form_is_read() {
    for shape in shapes() {
        let whole = shape.missing.is_empty();
        let switches = OcmSwitches { shape, ..OcmSwitches::default() };
        let bench = Bench::with(OcmConfig { switches, ..OcmConfig::default() }, limits()).await;
        let id = bench.reserve("c1").await.unwrap();
        let record = bench.registrar.read(&bench.account, &id).await.unwrap().unwrap();
        assert_eq!((record.last_telemetry_at, &record.external_cluster_id), (None, &None));
        assert_eq!(record.status == RemoteStatus::Reserved, whole);
        bench.ocm.edit(&id, |record| {
            record["external_cluster_id"] = "e1".into();
            record["cpu_total"] = 8.into();
            record["status"] = "Frozen".into();
        });
        bench.ocm.telemetry("e1", &Telemetry::default());
        let found = bench.registrar.find(&bench.account, "c1", Duration::ZERO).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].support.cpu_total, Some(8));
        if whole {
            let metrics = found[0].metrics.as_ref().unwrap();
            assert_eq!(metrics.nodes_control_plane, Some(3));
            assert!(metrics.memory_total.unwrap() > 0 && metrics.cpu_total.unwrap() > 0);
        }
    }
}
