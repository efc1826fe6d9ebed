//! Certificates that are not those that were meant: no credentials go to whoever shows them.

use serde_json::json;

use crate::scene::{apply, assert_clean, calm, mend, reserved, rounds, secrets, service, told};

#[tokio::test]
async fn a_registrar_that_is_not_trusted_sees_no_credentials() {
    let registry = calm("trust").await;
    let other = service().await;
    let pin = format!("sha256/{}=", "A".repeat(43));
    let bundles = [
        ("other-ca", json!({"ca.crt": other.ca_pem()})),
        ("no-pem", json!({"ca.crt": "no certificate"})),
        ("no-key", json!({"ca.pem": registry.ocm.ca_pem()})),
    ];
    secrets(&registry, bundles).await;
    let trusts = [
        ("system", json!(null)),
        ("other", json!({"caRef": {"name": "other-ca"}})),
        ("no-pem", json!({"caRef": {"name": "no-pem"}})),
        ("no-key", json!({"caRef": {"name": "no-key"}})),
        ("pinned", json!({"pin": pin})),
    ];
    let spec = |tls: &serde_json::Value| {
        let mut registrar = registry.registrar("ocm");
        registrar["ocm"]["tls"] = tls.clone();
        registrar["ocm"].as_object_mut().unwrap().retain(|_, value| !value.is_null());
        json!({"registrar": registrar})
    };
    apply(&registry, &trusts.each_ref().map(|(name, tls)| (*name, spec(tls)))).await;

    let field = "spec.registrar.ocm.tls";
    let token_url = registry.ocm.token_url();
    let token_service = token_url.split("/auth/").next().unwrap();
    let untrusted = ("Reachable", "CertificateUntrusted");
    for name in ["system", "other"] {
        told(&registry, name, untrusted, &[field, token_service, "unknown authority", "`tls.caRef`"]).await;
    }
    told(&registry, "no-pem", untrusted, &[field, "no usable CA certificate", "give one or more in PEM"])
        .await;
    let incomplete = ("CredentialsValid", "SecretIncomplete");
    told(&registry, "no-key", incomplete, &["spec.registrar.ocm.tls.caRef", "\"ca.crt\"", "ca.pem"]).await;
    let changed = ("Reachable", "CertificateChanged");
    told(&registry, "pinned", changed, &[field, token_service, &pin, "`tls.pin`"]).await;
    rounds(&registry, 12.0).await;
    assert_eq!((registry.ocm.token_requests().len(), registry.ocm.call_count()), (0, 0));

    for (name, secret) in [("system", "ocm-ca"), ("pinned", "ocm-ca")] {
        let tls = json!({"caRef": {"name": secret}, "pin": null});
        mend(&registry, &[name], &json!({"registrar": {"ocm": {"tls": tls}}})).await;
    }
    let right = json!({"ca.crt": registry.ocm.ca_pem()});
    secrets(&registry, ["other-ca", "no-pem", "no-key"].map(|name| (name, right.clone()))).await;
    reserved(&registry, &trusts.each_ref().map(|(name, _)| *name)).await;
    assert_clean(&registry, &[]).await;
}
