//! The operator's own identity, which users get only when the administrator says so.

use serde_json::json;

use crate::scene::{
    assert_clean, at_rest, bare_site, observed, operator, options, replace_secret, secret, told, unarmed,
};
use slipway_e2e::{OperatorOptions, Site};
use slipway_sim::Cloud;

/// An operator whose instance metadata service would be that of this cloud.
fn beside(cloud: &Cloud) -> OperatorOptions {
    operator().env("OCI_METADATA_BASE_URL", cloud.metadata_url())
}

#[tokio::test]
async fn the_operators_own_identity_is_for_nobody_unless_its_flag_is_set() {
    let metadata = Cloud::start(slipway_sim::CloudConfig::default()).await.unwrap();
    let node = metadata.add_account().unwrap();
    metadata.set_instance(&node).unwrap();
    let options = options(3).operator(beside(&metadata));
    let site: Site = bare_site(options, "identity").await;
    let kinds = ["instance_principal", "resource_principal", "oke_workload_identity"];
    for (index, kind) in kinds.into_iter().enumerate() {
        drop(site.record(index));
        let content = if index == 0 {
            json!({"config": format!("[DEFAULT]\nauthentication_type={kind}\n")})
        } else {
            json!({"authentication_type": kind})
        };
        secret(&site, &Site::own_secret(index), &content).await;
        site.apply(&unarmed(&site, index)).await.unwrap();
    }
    for (index, kind) in kinds.into_iter().enumerate() {
        let words = [
            "spec.oci.credentialsRef",
            "`authentication_type`",
            kind,
            "--allow-oci-principal",
            "give an API key",
        ];
        told(&site, index, ("CredentialsValid", "CredentialsInvalid"), &words).await;
    }
    at_rest(&site, &[0, 1, 2]).await;
    assert_eq!((site.cloud.call_count(), metadata.call_count()), (0, 0));
    assert_eq!(metadata.gate().calls(), 0);

    for index in 0..3 {
        replace_secret(&site, &Site::own_secret(index), &site.account_fields()).await;
        observed(&site, index).await;
    }
    assert_eq!(metadata.gate().calls(), 0);
    assert_clean(&site, &[&node.private_key_pem]).await;
}
