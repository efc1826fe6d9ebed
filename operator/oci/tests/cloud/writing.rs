//! What changes something: exactly the fields given, sent no more often than is safe, and never a doubt hidden.

use std::time::Duration;

use serde_json::{Value, json};
use slipway_core::{
    failure::{Effect, Failure},
    infrastructure::{Change, CloudPort, Etag, Order},
    reason::Reason,
};
use slipway_oci::Limits;

use crate::{
    account::{
        COMPARTMENT, RACK, account, cloud, creation, different, event, limits, record, schedule_creation,
    },
    server::{self, Act, Seen, Server, html, refusal},
};

const SCHEDULE: &str = "ocid1.cccupgradeschedule.oc1..u";

/// A way of writing something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Write {
    Create,
    Change,
    Delete,
    CreateSchedule,
    ChangeSchedule,
    DeleteSchedule,
}

const ALL: [Write; 6] = [
    Write::Create,
    Write::Change,
    Write::Delete,
    Write::CreateSchedule,
    Write::ChangeSchedule,
    Write::DeleteSchedule,
];

impl Write {
    fn repeats(self) -> bool {
        matches!(self, Self::Create | Self::CreateSchedule)
    }
}

async fn write(server: &Server, what: Write, limits: Limits) -> Result<(), Failure> {
    let (cloud, account) = (cloud(limits).0, account(&server.url()));
    let etag = Some(&Etag("e-7".to_owned())).cloned();
    let ready = Change { order: Some(Order::Ready), ..Change::default() };
    match what {
        Write::Create => cloud.create(&account, &creation()).await.map(drop),
        Write::Change => cloud.change(&account, RACK, &ready, etag.as_ref()).await.map(drop),
        Write::Delete => cloud.delete(&account, RACK, etag.as_ref()).await,
        Write::CreateSchedule => cloud.create_schedule(&account, &schedule_creation()).await.map(drop),
        Write::ChangeSchedule => {
            cloud.change_schedule(&account, SCHEDULE, &[event()], etag.as_ref()).await.map(drop)
        }
        Write::DeleteSchedule => cloud.delete_schedule(&account, SCHEDULE, etag.as_ref()).await,
    }
}

fn done(seen: &Seen) -> Act {
    match seen.method.as_str() {
        "DELETE" => server::answer(204, "", ""),
        _ => server::json(200, "etag: e-8\r\n", &record("")),
    }
}

#[tokio::test]
async fn each_write_is_one_request_with_the_fields_given() {
    let event = json!({
        "description": "first weekend", "timeStart": "2026-02-07T00:00:00Z", "scheduleEventDuration": "PT48H",
        "scheduleEventRecurrences": "FREQ=MONTHLY;INTERVAL=3;BYDAY=1SA",
    });
    let tags = json!({"slipway-owner": "racks/north"});
    let made = json!({
        "displayName": "north", "compartmentId": COMPARTMENT, "subnetId": "ocid1.subnet.oc1..s", "freeformTags": tags,
    });
    let schedule = json!({"displayName": "weekends", "compartmentId": COMPARTMENT, "events": [event], "freeformTags": tags});
    let one = format!("/20221208/cccInfrastructures/{RACK}");
    let other = format!("/20221208/cccUpgradeSchedules/{SCHEDULE}");
    for (what, method, target, body, token) in [
        (Write::Create, "POST", "/20221208/cccInfrastructures", made, Some("token-1")),
        (Write::Change, "PUT", &one, json!({"connectionState": "READY"}), None),
        (Write::Delete, "DELETE", &one, Value::Null, None),
        (Write::CreateSchedule, "POST", "/20221208/cccUpgradeSchedules", schedule, Some("token-2")),
        (Write::ChangeSchedule, "PUT", &other, json!({"events": [event]}), None),
        (Write::DeleteSchedule, "DELETE", &other, Value::Null, None),
    ] {
        let server = Server::start(|_, seen| done(seen)).await;
        write(&server, what, limits()).await.unwrap();
        let seen = server.seen();
        assert_eq!(seen.len(), 1);
        assert_eq!((seen[0].method.as_str(), seen[0].target.as_str()), (method, target));
        assert_eq!(serde_json::from_str::<Value>(&seen[0].body).unwrap_or_default(), body);
        assert_eq!(seen[0].headers.get("opc-retry-token").map(String::as_str), token);
        let etag = (!what.repeats()).then_some("e-7");
        assert_eq!(seen[0].headers.get("if-match").map(String::as_str), etag, "{what:?}");
    }
}

#[tokio::test]
async fn a_change_sends_what_is_given_and_nothing_else() {
    let server = Server::start(|_, seen| done(seen)).await;
    let (cloud, account) = (cloud(limits()).0, account(&server.url()));
    let text = |text: &str| Some(text.to_owned());
    for (change, body) in [
        (Change { order: Some(Order::Reject), ..Change::default() }, json!({"connectionState": "REJECT"})),
        (
            Change { upgrade_schedule_id: text("s"), ..Change::default() },
            json!({"cccUpgradeScheduleId": "s"}),
        ),
        (
            Change {
                display_name: text("n"),
                description: text(""),
                subnet_id: text("u"),
                ..Change::default()
            },
            json!({"displayName": "n", "description": "", "subnetId": "u"}),
        ),
    ] {
        let changed = cloud.change(&account, RACK, &change, None).await.unwrap();
        assert_eq!(changed.etag, Some(Etag("e-8".to_owned())));
        let seen = server.seen().pop().unwrap();
        assert_eq!(serde_json::from_str::<Value>(&seen.body).unwrap(), body);
        assert!(!seen.headers.contains_key("if-match"));
    }
}

#[tokio::test]
async fn a_creation_is_repeated_under_its_token_and_others_never() {
    for what in ALL {
        for trouble in [
            (|| refusal(500, "InternalServerError", "x")) as fn() -> Act,
            || refusal(503, "ServiceUnavailable", "x"),
            || refusal(429, "TooManyRequests", "x"),
            || Act::Cut(String::new()),
            || Act::Cut("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{".to_owned()),
        ] {
            let script = move |before, seen: &Seen| if before == 0 { trouble() } else { done(seen) };
            let server = Server::start(script).await;
            let outcome = write(&server, what, limits()).await;
            let seen = server.seen();
            if what.repeats() {
                outcome.unwrap();
                assert_eq!(seen.len(), 2);
                assert_eq!(different(seen.iter().map(|seen| seen.headers["opc-retry-token"].as_str())), 1);
                assert_eq!(different(seen.iter().map(|seen| seen.body.as_str())), 1);
            } else {
                outcome.unwrap_err();
                assert_eq!(seen.len(), 1, "{what:?} was sent again");
            }
        }
    }
}

#[tokio::test]
async fn a_doubt_about_the_effect_is_said() {
    let hasty = Limits { request: Duration::from_millis(200), tries: 1, ..limits() };
    for what in ALL {
        for (act, reason, effect) in [
            ((|| Act::Hang) as fn() -> Act, Reason::Unreachable, Effect::Unknown),
            (|| Act::Cut(String::new()), Reason::Unreachable, Effect::Unknown),
            (|| refusal(500, "InternalServerError", "x"), Reason::CloudFault, Effect::Unknown),
            (|| html(502), Reason::NotOracleCloud, Effect::Unknown),
            (|| html(200), Reason::NotOracleCloud, Effect::Unknown),
            (|| html(302), Reason::NotOracleCloud, Effect::Unknown),
            (|| html(403), Reason::NotOracleCloud, Effect::None),
            (|| refusal(409, "IncorrectState", "x"), Reason::WrongState, Effect::None),
            (|| refusal(409, "LockConflict", "x"), Reason::WrongState, Effect::None),
            (|| refusal(412, "NoEtagMatch", "x"), Reason::ChangedMeanwhile, Effect::None),
            (|| refusal(429, "TooManyRequests", "x"), Reason::Throttled, Effect::None),
            (|| refusal(404, "NotAuthorizedOrNotFound", "x"), Reason::NotAuthorizedOrNotFound, Effect::None),
        ] {
            let server = Server::start(move |_, _| act()).await;
            let failure = write(&server, what, hasty.clone()).await.unwrap_err();
            assert_eq!((failure.reason, failure.effect), (reason, effect), "{what:?}: {failure}");
            assert_eq!(server.seen().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_doubt_of_an_earlier_try_stays() {
    for later in
        [|| refusal(409, "IncorrectState", "x"), || refusal(400, "InvalidParameter", "x")] as [fn() -> Act; 2]
    {
        let server =
            Server::start(move |before, _| if before == 0 { Act::Cut(String::new()) } else { later() }).await;
        let failure = write(&server, Write::Create, limits()).await.unwrap_err();
        assert_eq!((failure.effect, server.seen().len()), (Effect::Unknown, 2), "{failure}");
    }
}

#[tokio::test]
async fn nothing_listening_is_no_doubt() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = account(&format!("http://{free}"));
    let failure = cloud(limits()).0.delete(&nobody, RACK, None).await.unwrap_err();
    assert_eq!((failure.reason, failure.effect), (Reason::ConnectionRefused, Effect::None));
    let failure = cloud(limits()).0.create(&nobody, &creation()).await.unwrap_err();
    assert_eq!((failure.reason, failure.effect), (Reason::ConnectionRefused, Effect::None));
}

#[tokio::test]
async fn a_change_goes_over_a_connection_of_its_own() {
    let server = Server::start(|_, seen| done(seen)).await;
    let (cloud, account) = (cloud(limits()).0, account(&server.url()));
    cloud.read(&account, RACK).await.unwrap();
    cloud.delete(&account, RACK, None).await.unwrap();
    cloud.read(&account, RACK).await.unwrap();
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_token_used_for_another_body_is_told_from_a_wrong_state() {
    let server = Server::start(|_, _| refusal(409, "InvalidatedRetryToken", "x")).await;
    let failure = write(&server, Write::Create, limits()).await.unwrap_err();
    assert_eq!((failure.reason, failure.effect), (Reason::ChangedMeanwhile, Effect::None), "{failure}");
}

#[tokio::test]
async fn an_order_out_of_turn_is_a_wrong_state_also_with_400_and_a_bad_field_is_not() {
    let server = Server::start(|_, _| refusal(400, "InvalidParameter", "x")).await;
    let failure = write(&server, Write::Change, limits()).await.unwrap_err();
    assert_eq!(failure.reason, Reason::WrongState, "{failure}");
    let named = Change { order: Some(Order::Ready), display_name: Some("n".to_owned()), ..Change::default() };
    let failure = cloud(limits()).0.change(&account(&server.url()), RACK, &named, None).await.unwrap_err();
    assert_eq!(failure.reason, Reason::RequestRefused, "{failure}");
}
