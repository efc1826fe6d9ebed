//! Bad input: the image started as root, or with a writable root file system.

use std::time::Duration;

use slipway_e2e::{ControlPlane, TestNamespace};

use crate::container::{Confinement, Container};

const LIMIT: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_container_as_root_or_with_a_writable_root_is_told_how_to_mend_it() {
    let control_plane = ControlPlane::shared().await.unwrap();
    let cases = [
        (Confinement { user: 0, ..Confinement::SHIPPED }, "runAsNonRoot"),
        (Confinement { read_only: false, ..Confinement::SHIPPED }, "readOnlyRootFilesystem"),
    ];
    control_plane.install().await.unwrap();
    let access = control_plane.access().unwrap();
    let namespace = TestNamespace::create_in(access.client().await.unwrap(), "loose").await.unwrap();
    for (confinement, wanted) in cases {
        let container = Container::unpack().await;
        let options = container.operator(&access, &confinement).await.namespace(namespace.name());
        // It starts all the same.
        let operator = options.start_at(&access).await.unwrap();
        let is_it =
            |entry: &serde_json::Value| entry["message"] == "the container is looser than Slipway needs";
        let warning = operator.log().wait_for("a warning", LIMIT, is_it).await.unwrap();
        assert_eq!(warning["level"], "WARN");
        let advice = warning["advice"].as_str().unwrap();
        for field in ["runAsNonRoot", "readOnlyRootFilesystem"] {
            assert_eq!(advice.contains(field), field == wanted, "{field}: {advice}");
        }
        assert_eq!(operator.log().entries().iter().filter(|entry| is_it(entry)).count(), 1);
    }
}
