//! The shipped rights are what the operator needs, and no more: full lives with the roles of `config/default` meet no refusal, and use every right.

#![expect(clippy::unwrap_used, reason = "what fails here fails the test")]

use std::collections::BTreeSet;
use std::time::Duration;

use k8s_openapi::api::rbac::v1::{
    ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding, RoleRef, Subject,
};
use kube::api::{Api, ListParams};
use serde_json::{Value, json};
use slipway_core::clock::Timestamp;
use slipway_e2e::audit::AuditedRequest;
use slipway_e2e::operator_access::{NAMESPACE, SERVICE_ACCOUNT};
use slipway_e2e::{ControlPlane, OperatorOptions, OperatorProcess, Rack, Registry, Site, wait_for};
use slipway_sim::{CloudConfig, CloudTimings, OpenShift};

const LIMIT: Duration = Duration::from_mins(1);
const CAPABILITY: &str = "capabilities.slipway.dev/hypershift";

/// One right of the operator's account, where it has it (everywhere: `None`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Right {
    role: String,
    place: Option<String>,
    verb: String,
    group: String,
    /// With its subresource, as rules have it.
    resource: String,
    name: Option<String>,
}

impl Right {
    fn is_used_by(&self, request: &AuditedRequest) -> bool {
        let subresource = Some(&request.subresource).filter(|part| !part.is_empty());
        let resource =
            subresource.map_or(request.resource.clone(), |part| format!("{}/{part}", request.resource));
        let is_meant = self.verb == request.verb && self.group == request.group && self.resource == resource;
        let is_there = self.place.as_ref().is_none_or(|place| *place == request.namespace);
        is_meant && is_there && self.name.as_ref().is_none_or(|name| *name == request.name)
    }
}

/// A rule of a role as single rights.
fn spelled_out(bound: &str, place: Option<&str>, rule: &PolicyRule) -> Vec<Right> {
    let names: Vec<Option<String>> = match rule.resource_names.as_deref() {
        None | Some([]) => vec![None],
        Some(names) => names.iter().cloned().map(Some).collect(),
    };
    let mut rights = Vec::new();
    for group in rule.api_groups.iter().flatten() {
        for resource in rule.resources.iter().flatten() {
            for verb in &rule.verbs {
                rights.extend(names.iter().map(|object| Right {
                    role: bound.to_owned(),
                    place: place.map(str::to_owned),
                    verb: verb.clone(),
                    group: group.clone(),
                    resource: resource.clone(),
                    name: object.clone(),
                }));
            }
        }
    }
    rights
}

fn is_ours(subjects: Option<&Vec<Subject>>) -> bool {
    let is_it = |subject: &Subject| {
        subject.kind == "ServiceAccount"
            && subject.name == SERVICE_ACCOUNT
            && subject.namespace.as_deref() == Some(NAMESPACE)
    };
    subjects.into_iter().flatten().any(is_it)
}

async fn rules(client: &kube::Client, role: &RoleRef, place: Option<&str>) -> Vec<PolicyRule> {
    let rules = match (role.kind.as_str(), place) {
        ("Role", Some(place)) => {
            Api::<Role>::namespaced(client.clone(), place).get(&role.name).await.unwrap().rules
        }
        _ => Api::<ClusterRole>::all(client.clone()).get(&role.name).await.unwrap().rules,
    };
    rules.unwrap_or_default()
}

/// Everything that the operator's account may do.
async fn granted(client: &kube::Client) -> BTreeSet<Right> {
    let all = ListParams::default();
    let wide = Api::<ClusterRoleBinding>::all(client.clone()).list(&all).await.unwrap();
    let wide = wide.into_iter().filter(|one| is_ours(one.subjects.as_ref())).map(|one| (one.role_ref, None));
    let narrow = Api::<RoleBinding>::all(client.clone()).list(&all).await.unwrap();
    let narrow = narrow.into_iter().filter(|one| is_ours(one.subjects.as_ref()));
    let narrow = narrow.map(|one| (one.role_ref, one.metadata.namespace));
    let mut rights = BTreeSet::new();
    for (role, place) in wide.chain(narrow) {
        let rules = rules(client, &role, place.as_deref()).await;
        rights.extend(rules.iter().flat_map(|rule| spelled_out(&role.name, place.as_deref(), rule)));
    }
    rights
}

/// A replica of the shipped installation: all namespaces, the shipped Lease. The first one leads.
fn replica(identity: &str) -> OperatorOptions {
    OperatorProcess::options().everywhere().identity(identity).poll_interval("300ms")
}

/// Installed, in trouble twice for the same reason, rebooted, switched off and let go.
async fn host_life(rack: &Rack) {
    let mut host = rack.host_to_install(0, "1");
    host["spec"]["deletionPolicy"] = json!("PowerOff");
    rack.apply(&host).await.unwrap();
    rack.wait_phase(0, "Installed").await.unwrap();
    let login = |name: &str| json!({"management": {"redfish": {"credentialsRef": {"name": name}}}});
    for _ in 0..2 {
        rack.patch(0, &login("gone")).await.unwrap();
        rack.wait_reason(0, "SecretMissing").await.unwrap();
        rack.patch(0, &login("u00-bmc")).await.unwrap();
        rack.wait_reason(0, "Installed").await.unwrap();
    }
    rack.patch(0, &json!({"reboot": {"id": "r1", "mode": "Force"}})).await.unwrap();
    let is_done = |host: &Value| {
        let reboot = &host["status"]["reboot"];
        if reboot["completedAt"].is_string() { Ok(()) } else { Err(format!("status is {}", host["status"])) }
    };
    rack.wait(0, "the reboot", is_done).await.unwrap();
    rack.delete(0).await.unwrap();
    rack.wait_gone(0).await.unwrap();
}

/// Turns the cloud's clock to the moment at which the next handshake may begin, and waits until the rack is connected.
async fn connect(site: &Site, attempt: i32) {
    let now = site.cloud.clock().now();
    let moment = |object: &Value| {
        let moment = object["status"]["notBefore"].as_str().and_then(|text| text.parse::<Timestamp>().ok());
        moment.filter(|moment| *moment > now)
    };
    let to_come =
        |object: &Value| moment(object).map(drop).ok_or_else(|| format!("status is {}", object["status"]));
    let object = site.wait(0, "a time to begin", to_come).await.unwrap();
    let left = moment(&object).unwrap().duration_since(now);
    site.advance(Duration::try_from(left).unwrap() + Duration::from_secs(1));
    let is_connected = |object: &Value| {
        let handshake = &object["status"]["handshake"];
        let is_so = handshake["attempt"] == attempt && handshake["step"] == "Connected";
        if is_so { Ok(()) } else { Err(format!("status is {}", object["status"])) }
    };
    site.wait(0, "a connection", is_connected).await.unwrap();
}

/// Registered, connected, connected anew, cut off.
async fn rack_life(site: &Site) {
    let mut wanted = site.to_connect(0, &json!({}));
    wanted["spec"].as_object_mut().unwrap().remove("lookup");
    wanted["spec"]["create"] = json!({"compartmentId": site.account.compartment, "displayName": "rack0", "subnetId": site.account.subnet});
    site.apply(&wanted).await.unwrap();
    connect(site, 1).await;
    site.patch(0, &json!({"connection": {"refreshId": "spring"}})).await.unwrap();
    connect(site, 2).await;
    site.patch(0, &json!({"connection": {"desired": "Rejected"}})).await.unwrap();
    site.wait_condition(0, "Ready", "True", "Rejected").await.unwrap();
    site.delete(0).await.unwrap();
    site.wait_gone(0).await.unwrap();
}

/// Reserved, shown with its capabilities, active by what Cluster API tells, given back.
async fn subscription_life(registry: &Registry) {
    let cluster = OpenShift::start().await.unwrap();
    cluster.set_version("4c4c4544-0038-4b10-8051-000000000001", true);
    assert!(registry.ocm.set_capability("A", "hypershift", "true"));
    let spec = json!({"cluster": {"clusterApiRef": {"name": "edge-7"}}, "capabilities": {"labels": true}});
    registry.apply(&registry.subscription("edge-7", &spec)).await.unwrap();
    registry.wait_condition("edge-7", "Ready", "False", "ClusterAwaited").await.unwrap();
    let capi = json!({"apiVersion": "cluster.x-k8s.io/v1beta1", "kind": "Cluster", "metadata": {"name": "edge-7"}, "spec": {},
        "status": {"controlPlaneReady": true}});
    let kubeconfig = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "edge-7-kubeconfig"},
        "stringData": {"value": cluster.kubeconfig_with_token()}});
    for object in [kubeconfig, capi] {
        registry.apply(&object).await.unwrap();
    }
    let object = registry.wait_ready("edge-7", "Active").await.unwrap();
    assert_eq!(object["metadata"]["labels"][CAPABILITY], "true", "{object}");
    registry.delete("edge-7").await.unwrap();
    registry.wait_gone("edge-7").await.unwrap();
}

/// Cluster API's kind, as its releases have it.
async fn install_cluster_api(control_plane: &ControlPlane) {
    let definition = json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "clusters.cluster.x-k8s.io"},
        "spec": {"group": "cluster.x-k8s.io", "scope": "Namespaced",
            "names": {"kind": "Cluster", "listKind": "ClusterList", "plural": "clusters", "singular": "cluster"},
            "versions": [{"name": "v1beta1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}});
    let kubectl = control_plane.kubectl();
    kubectl.apply(&definition.to_string()).await.unwrap();
    kubectl
        .ok(&["wait", "--for=condition=Established", "--timeout=30s", "crd/clusters.cluster.x-k8s.io"])
        .await
        .unwrap();
}

/// What the operator's account asked of the API server.
fn asked(control_plane: &ControlPlane) -> Vec<AuditedRequest> {
    let account = format!("system:serviceaccount:{NAMESPACE}:{SERVICE_ACCOUNT}");
    control_plane.audited().unwrap().into_iter().filter(|request| request.user == account).collect()
}

#[tokio::test]
async fn full_lives_meet_no_refusal_and_use_every_right() {
    let control_plane = ControlPlane::shared().await.unwrap();
    control_plane.install().await.unwrap();
    install_cluster_api(control_plane).await;
    let first = replica("first").arg("--oci-calls-per-minute=6000").arg("--registrar-calls-per-second=1000");
    let rack = Rack::options().operator(first).start(control_plane, "rack").await.unwrap();
    rack.operator.wait_leads(true, LIMIT).await.unwrap();
    let instant = Duration::ZERO;
    let timings =
        CloudTimings { request: instant, fingerprint: instant, connect: instant, ..CloudTimings::default() };
    let cloud = CloudConfig { timings, speed: 0.0, ..CloudConfig::default() };
    let site = Site::options().cloud(cloud).operator(replica("second")).start(control_plane, "site");
    let registry = Registry::options().operator(replica("third")).start(control_plane, "registry");
    let (site, registry) = tokio::join!(site, registry);
    let (mut site, mut registry) = (site.unwrap(), registry.unwrap());
    // The first does it all.
    site.operator.stop().await.unwrap();
    registry.operator.stop().await.unwrap();
    tokio::join!(host_life(&rack), rack_life(&site), subscription_life(&registry));

    let client = control_plane.client().await.unwrap();
    let rights = granted(&client).await;
    assert!(rights.len() > 25, "{rights:?}");
    // The log of requests is written a little after they are answered.
    let used = wait_for("every right to be used", Duration::from_secs(5), || async {
        let asked = asked(control_plane);
        let unused: Vec<_> =
            rights.iter().filter(|right| !asked.iter().any(|one| right.is_used_by(one))).collect();
        anyhow::ensure!(unused.is_empty(), "rights that nothing uses: {unused:#?}");
        Ok(asked)
    });
    let used = used.await.unwrap();
    let refused: Vec<_> = used.iter().filter(|request| request.code == 403).collect();
    assert!(refused.is_empty(), "{refused:#?}");
    assert!(rack.operator.leads().await.unwrap());
}
