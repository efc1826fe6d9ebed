//! Reading a record and a schedule: what is understood, and how often it is tried.

use std::time::Duration;

use slipway_core::{
    failure::Effect,
    infrastructure::{CloudPort, ConnectionState, Etag},
    reason::Reason,
};
use slipway_oci::Limits;

use crate::{
    account::{NOW, RACK, account, at, cloud, different, event, limits, record},
    server::{Act, Server, html, json, refusal},
};

#[tokio::test]
async fn a_record_is_read_whole() {
    let body = record(
        r#""shortName":"ccc1","description":"d","subnetId":"ocid1.subnet.oc1..s","connectionState":"REJECT","connectionDetails":"hello",
        "cccUpgradeScheduleId":"ocid1.cccupgradeschedule.oc1..u","provisioningFingerprint":" ab ","provisioningPin":"canary-pin",
        "timeUpdated":"2025-12-31T23:30:00Z","lifecycleDetails":"fine","freeformTags":{"slipway-owner":"racks/north"},
        "definedTags":{"a":{"b":1}},"infrastructureInventory":{"serialNumber":"S1","computeNodeCount":3},
        "infrastructureNetworkConfiguration":{"managementNodes":[{"ip":"192.0.2.1","hostname":"mn1"}],"spineIps":["192.0.2.2"],
        "infrastructureRoutingStatic":{"uplinkVlan":7},"infrastructureRoutingDynamic":{"oracleAsn":4200000000,"bgpTopology":"MESH",
        "peerInformation":[{"asn":65000,"ip":"192.0.2.9"}]}},"upgradeInformation":{"currentVersion":"3.1","isActive":true,
        "timeOfScheduledUpgrade":"2026-02-01T00:00:00Z","scheduledUpgradeDuration":"PT48H"},"newField":[1],"#,
    );
    let headers = "ETag: W/\"7\"\r\nDate: Thu, 01 Jan 2026 00:00:09 GMT\r\n";
    let server = Server::start(move |_, _| json(200, headers, &body)).await;
    let (cloud, counted) = cloud(limits());
    let rack = cloud.read(&account(&server.url()), RACK).await.unwrap();
    assert_eq!(
        (rack.id.as_str(), rack.state, rack.lifecycle_state.as_str()),
        (RACK, Some(ConnectionState::Reject), "ACTIVE")
    );
    assert_eq!(rack.pin.as_ref().unwrap().expose(), "canary-pin");
    assert_eq!(rack.fingerprint.unwrap().as_str(), "ab");
    assert_eq!(rack.etag, Some(Etag("W/\"7\"".to_owned())));
    assert_eq!(
        (rack.seen_at, rack.time_updated),
        (at("2026-01-01T00:00:09Z"), Some(at("2025-12-31T23:30:00Z")))
    );
    assert_eq!(rack.freeform_tags["slipway-owner"], "racks/north");
    let (inventory, network, upgrade) =
        (rack.inventory.unwrap(), rack.network.unwrap(), rack.upgrade.unwrap());
    assert_eq!((inventory.serial_number.as_deref(), inventory.compute_node_count), (Some("S1"), Some(3)));
    assert_eq!(network.management_nodes, [(Some("mn1".to_owned()), Some("192.0.2.1".to_owned()))]);
    assert_eq!((network.uplink_vlan, network.oracle_asn), (Some(7), Some(4_200_000_000)));
    assert_eq!(network.bgp_peers, [(Some(65000), Some("192.0.2.9".to_owned()))]);
    assert_eq!(
        (upgrade.is_active, upgrade.scheduled_upgrade_duration.as_deref()),
        (Some(true), Some("PT48H"))
    );
    assert_eq!(counted.all(), ["oci read 2xx"]);

    let seen = server.seen().remove(0);
    assert_eq!((seen.method.as_str(), seen.target), ("GET", format!("/20221208/cccInfrastructures/{RACK}")));
    let id = &seen.headers["opc-request-id"];
    assert!(
        id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte)),
        "{id}"
    );
    assert!(seen.headers["authorization"].starts_with("Signature algorithm=\"rsa-sha256\""));
    assert!(!seen.headers.contains_key("if-match") && !seen.headers.contains_key("opc-retry-token"));
}

#[tokio::test]
async fn what_is_absent_null_empty_or_new_is_no_trouble() {
    for more in [
        "",
        r#""connectionState":null,"provisioningPin":null,"provisioningFingerprint":null,"timeUpdated":null,"freeformTags":null,"#,
        r#""connectionState":"","provisioningPin":"","provisioningFingerprint":" ","cccUpgradeScheduleId":"","timeUpdated":"soon","#,
        r#""infrastructureInventory":[],"infrastructureNetworkConfiguration":{"spineIps":"x"},"upgradeInformation":7,"#,
    ] {
        let body = record(more);
        let server = Server::start(move |_, _| json(200, "", &body)).await;
        let rack = cloud(limits()).0.read(&account(&server.url()), RACK).await.unwrap();
        assert!(
            rack.state.is_none() && rack.pin.is_none() && rack.fingerprint.is_none() && rack.etag.is_none(),
            "{more}"
        );
        assert!(
            rack.upgrade_schedule_id.is_none() && rack.inventory.is_none() && rack.network.is_none(),
            "{more}"
        );
        assert_eq!(
            (rack.time_updated, rack.seen_at),
            (None, at(NOW)),
            "our clock where theirs is not shown: {more}"
        );
    }
    let body = record(r#""connectionState":"PONDERING","#);
    let server = Server::start(move |_, _| json(200, "", &body)).await;
    let rack = cloud(limits()).0.read(&account(&server.url()), RACK).await.unwrap();
    assert_eq!(rack.state, Some(ConnectionState::Other("PONDERING".to_owned())));
}

#[tokio::test]
async fn a_schedule_is_read_and_one_that_cannot_be_understood_is_not_guessed() {
    let schedule = |duration: &str| {
        format!(
            r#"{{"id":"ocid1.cccupgradeschedule.oc1..u","displayName":"w","lifecycleState":"ACTIVE","infrastructureIds":["{RACK}"],
            "events":[{{"name":"E1","description":"first weekend","timeStart":"2026-02-07T00:00:00Z","scheduleEventDuration":"{duration}",
            "scheduleEventRecurrences":"FREQ=MONTHLY;INTERVAL=3;BYDAY=1SA"}}]}}"#
        )
    };
    for duration in ["PT48H", "P2D"] {
        let body = schedule(duration);
        let server = Server::start(move |_, _| json(200, "etag: e1\r\n", &body)).await;
        let (cloud, counted) = cloud(limits());
        let read = cloud.schedule(&account(&server.url()), "ocid1.cccupgradeschedule.oc1..u").await.unwrap();
        assert_eq!((read.events, read.infrastructure_ids), (vec![event()], vec![RACK.to_owned()]));
        assert_eq!(read.etag, Some(Etag("e1".to_owned())));
        assert_eq!(counted.all(), ["oci read-schedule 2xx"]);
    }
    let body = schedule("P1M");
    let server = Server::start(move |_, _| json(200, "", &body)).await;
    let failure = cloud(limits()).0.schedule(&account(&server.url()), "ocid1.s.oc1..u").await.unwrap_err();
    assert_eq!(failure.reason, Reason::NotOracleCloud);
}

#[tokio::test]
async fn reading_is_tried_three_times_and_signed_anew_each_time() {
    let fault = |before: usize| match before {
        0 => refusal(503, "ServiceUnavailable", "later"),
        1 => Act::Cut("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".to_owned()),
        _ => json(200, "", &record("")),
    };
    let server = Server::start(move |before, _| fault(before)).await;
    let (cloud, counted) = cloud(limits());
    cloud.read(&account(&server.url()), RACK).await.unwrap();
    assert_eq!(counted.all(), ["oci read 5xx", "oci read error", "oci read 2xx"]);
    let seen = server.seen();
    assert_eq!(different(seen.iter().map(|seen| seen.headers["opc-request-id"].as_str())), 3);

    for (act, reason) in [(500, Reason::CloudFault), (429, Reason::Throttled), (502, Reason::CloudFault)] {
        let server = Server::start(move |_, _| refusal(act, "Code", "words")).await;
        let failure = self::cloud(limits()).0.read(&account(&server.url()), RACK).await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (reason, Effect::None), "{failure}");
        assert!(failure.message.contains("opc-request-id ORACLE/ID/7"), "{failure}");
        assert_eq!(server.seen().len(), 3, "{failure}");
    }
}

#[tokio::test]
async fn what_does_not_pass_by_itself_is_asked_once() {
    for (status, tries) in [(400, 1), (404, 1), (409, 1), (412, 1), (501, 1), (302, 1), (500, 3)] {
        let server = Server::start(move |_, _| refusal(status, "Code", "words")).await;
        cloud(limits()).0.read(&account(&server.url()), RACK).await.unwrap_err();
        assert_eq!(server.seen().len(), tries, "{status}");
    }
    for act in
        [html as fn(u16) -> Act, |status| json(status, "", "{\"id\":7}"), |status| json(status, "", "")]
    {
        let server = Server::start(move |_, _| act(200)).await;
        let failure = cloud(limits()).0.read(&account(&server.url()), RACK).await.unwrap_err();
        assert_eq!((failure.reason, failure.effect), (Reason::NotOracleCloud, Effect::None), "{failure}");
        assert!(failure.message.contains("200") && !failure.message.contains("canary"), "{failure}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_pause_that_oci_asks_for_is_kept_when_short_and_reported_when_long() {
    let patient = Limits { pause_cap: Duration::from_secs(2), ..limits() };
    let server = Server::start(|before, _| match before {
        0 => json(429, "Retry-After: 1\r\n", "{}"),
        _ => json(200, "", &record("")),
    })
    .await;
    cloud(patient.clone()).0.read(&account(&server.url()), RACK).await.unwrap();
    let seen = server.seen();
    assert!(seen[1].at - seen[0].at >= Duration::from_secs(1), "{:?}", seen[1].at - seen[0].at);

    let server = Server::start(|_, _| json(503, "Retry-After: 120\r\n", "{}")).await;
    let failure = cloud(patient).0.read(&account(&server.url()), RACK).await.unwrap_err();
    assert_eq!((failure.reason, failure.retry_after), (Reason::CloudFault, Some(Duration::from_mins(2))));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn one_that_hangs_is_left_in_time_and_one_that_is_not_there_is_named() {
    let server = Server::start(|_, _| Act::Hang).await;
    let hasty = Limits { request: Duration::from_millis(200), tries: 2, ..limits() };
    let failure = cloud(hasty).0.read(&account(&server.url()), RACK).await.unwrap_err();
    assert_eq!((failure.reason, failure.effect), (Reason::Unreachable, Effect::None), "{failure}");
    assert_eq!(server.seen().len(), 2);

    let brief = Limits { verb: Duration::from_millis(400), ..limits() };
    let failure = cloud(brief).0.read(&account(&server.url()), RACK).await.unwrap_err();
    assert_eq!(failure.reason, Reason::Unreachable, "{failure}");

    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (cloud, counted) = cloud(limits());
    let failure = cloud.read(&account(&format!("http://{free}")), RACK).await.unwrap_err();
    assert_eq!(failure.reason, Reason::ConnectionRefused, "{failure}");
    assert_eq!(counted.all(), ["oci read error"; 3]);
}

#[tokio::test]
async fn a_burst_goes_over_one_connection_which_ends_when_idle() {
    let server = Server::start(|_, _| json(200, "", &record(""))).await;
    let (cloud, _) = cloud(Limits { idle: Duration::from_millis(100), ..limits() });
    for _ in 0..5 {
        cloud.read(&account(&server.url()), RACK).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
    let ended = std::time::Instant::now() + Duration::from_secs(10);
    while server.open() > 0 {
        assert!(std::time::Instant::now() < ended, "the connection stays");
        tokio::task::yield_now().await;
    }
    cloud.read(&account(&server.url()), RACK).await.unwrap();
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn what_can_never_be_sent_is_said_before_it_is() {
    let server = Server::start(|_, _| html(200)).await;
    let (cloud, counted) = cloud(limits());
    let sound = account(&server.url());
    for id in ["", "../x", "a b", "ocid1?x"] {
        assert_eq!(cloud.read(&sound, id).await.unwrap_err().reason, Reason::InvalidSpec);
    }
    let mut wrong = sound.clone();
    wrong.region = "a b".to_owned();
    assert_eq!(cloud.read(&wrong, RACK).await.unwrap_err().reason, Reason::InvalidSpec);
    let mut wrong = sound;
    wrong.credentials.remove("user");
    assert_eq!(cloud.read(&wrong, RACK).await.unwrap_err().reason, Reason::SecretIncomplete);
    assert_eq!((server.connections(), counted.all().len()), (0, 0));
}
