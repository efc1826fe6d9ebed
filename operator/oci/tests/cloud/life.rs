//! A rack's whole life at the simulated cloud, which verifies every signature, and at its rack.

use std::{sync::Arc, time::Duration};

use slipway_core::{
    clock::{Clock, Timestamp},
    failure::Effect,
    infrastructure::{
        Account, Change, CloudPort, ConnectionState, Creation, Observation, Order, RackEndpoint, RackPort,
        ScheduleCreation, is_owned_by,
    },
    reason::Reason,
    secret::Secret,
    trust::Trust,
};
use slipway_oci::{Environment, Keyring, OciCloud, OperatorIdentity, Rack};
use slipway_outbound::Unobserved;
use slipway_sim::{Cloud, CloudConfig, Fault, RackConfig, Trouble};

use crate::account::{connector, creation, event, limits, schedule_creation};

struct Wall;

impl Clock for Wall {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The simulated cloud, an account there, and the port that speaks for it.
struct Stage {
    sim: Cloud,
    account: Account,
    compartment: String,
    subnet: String,
    cloud: OciCloud,
}

impl Stage {
    async fn set() -> Self {
        let sim = Cloud::start(CloudConfig::default()).await.unwrap();
        let user = sim.add_account().unwrap();
        let credentials =
            [("config", user.config_text("~/.oci/key.pem")), ("key.pem", user.private_key_pem.clone())];
        let account = Account {
            region: user.region.clone(),
            endpoint: Some(sim.endpoint().parse().unwrap()),
            credentials: credentials.map(|(name, value)| (name.to_owned(), Secret::new(value))).into(),
            secret_name: "oci".to_owned(),
            credentials_version: "uid/1".to_owned(),
            trust: Trust::Authorities(sim.ca_pem().to_owned()),
        };
        let environment = Environment::from_variables(&std::collections::BTreeMap::new()).unwrap();
        let keyring = Arc::new(Keyring::new(connector(), environment, OperatorIdentity::Refused));
        let cloud = OciCloud::new(connector(), keyring, Arc::new(Wall), limits(), Arc::new(Unobserved));
        Self { sim, account, compartment: user.compartment, subnet: user.subnet, cloud }
    }

    fn creation(&self) -> Creation {
        Creation { compartment_id: self.compartment.clone(), subnet_id: self.subnet.clone(), ..creation() }
    }

    fn schedule(&self) -> ScheduleCreation {
        ScheduleCreation { compartment_id: self.compartment.clone(), ..schedule_creation() }
    }

    async fn order(&self, rack: &Observation, order: Order) -> Observation {
        let change = Change { order: Some(order), ..Change::default() };
        self.cloud.change(&self.account, &rack.id, &change, rack.etag.as_ref()).await.unwrap()
    }
}

#[tokio::test]
async fn a_rack_is_made_connected_rejected_and_deleted() {
    let stage = Stage::set().await;
    let (cloud, account) = (&stage.cloud, &stage.account);
    let made = cloud.create(account, &stage.creation()).await.unwrap();
    assert_eq!(made.state, Some(ConnectionState::Reject));
    assert!(is_owned_by(&made.freeform_tags, "racks/north"));
    let again = cloud.create(account, &stage.creation()).await.unwrap();
    assert_eq!(again.id, made.id, "the same token makes no second one");
    let found = cloud.find(account, &stage.compartment, "north").await.unwrap();
    assert_eq!(found.iter().map(|one| &one.id).collect::<Vec<_>>(), [&made.id]);

    let rack = slipway_sim::Rack::start(&stage.sim, RackConfig::named("north")).await.unwrap();
    let endpoint = RackEndpoint {
        provisioning_url: rack.url().parse().unwrap(),
        trust: Trust::Authorities(rack.ca_pem().to_owned()),
    };
    let port = Rack::new(connector(), limits(), Arc::new(Unobserved));
    port.greet(&endpoint).await.unwrap().unwrap();
    assert_eq!(rack.posts().len(), 0);
    stage.sim.clock().advance(Duration::from_mins(21));
    let pin = found[0].pin.clone().unwrap();
    let theirs = port.give_pin(&endpoint, &pin).await.unwrap();
    assert_eq!(rack.pins(), [pin.expose()]);
    stage.sim.clock().advance(Duration::from_mins(1));
    let asks = cloud.read(account, &made.id).await.unwrap();
    assert_eq!((asks.state.clone(), asks.pin.is_none()), (Some(ConnectionState::Request), true));
    assert!(asks.fingerprint.as_ref().unwrap().matches(&theirs));
    assert!(asks.seen_at.duration_since(Timestamp::now()).as_mins() >= 20, "by the service's clock");

    let accept = Change { order: Some(Order::Ready), ..Change::default() };
    let failure = cloud.change(account, &made.id, &accept, made.etag.as_ref()).await.unwrap_err();
    assert_eq!((failure.reason, failure.effect), (Reason::ChangedMeanwhile, Effect::None), "{failure}");
    stage.order(&asks, Order::Ready).await;
    stage.sim.clock().advance(Duration::from_mins(5));
    let connected = cloud.read(account, &made.id).await.unwrap();
    assert_eq!(connected.state, Some(ConnectionState::Connected));
    let failure = cloud.change(account, &made.id, &accept, None).await.unwrap_err();
    assert_eq!(failure.reason, Reason::WrongState, "{failure}");

    let rejected = stage.order(&connected, Order::Reject).await;
    assert_eq!(rejected.state, Some(ConnectionState::Reject));
    cloud.delete(account, &made.id, rejected.etag.as_ref()).await.unwrap();
    assert!(cloud.find(account, &stage.compartment, "north").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_schedule_is_made_attached_changed_and_deleted() {
    let stage = Stage::set().await;
    let (cloud, account) = (&stage.cloud, &stage.account);
    let rack = cloud.create(account, &stage.creation()).await.unwrap();
    let made = cloud.create_schedule(account, &stage.schedule()).await.unwrap();
    assert_eq!(made.events, [event()]);
    let attach = Change { upgrade_schedule_id: Some(made.id.clone()), ..Change::default() };
    let attached = cloud.change(account, &rack.id, &attach, rack.etag.as_ref()).await.unwrap();
    assert_eq!(attached.upgrade_schedule_id.as_deref(), Some(made.id.as_str()));
    let found = cloud.find_schedules(account, &stage.compartment, "weekends").await.unwrap();
    assert_eq!(found[0].infrastructure_ids, [rack.id.as_str()]);
    let failure = cloud.delete_schedule(account, &made.id, None).await.unwrap_err();
    assert_eq!((failure.reason, failure.effect), (Reason::WrongState, Effect::None), "{failure}");

    let mut longer = event();
    longer.duration = Duration::from_hours(72);
    let events = [longer];
    let changed = cloud.change_schedule(account, &made.id, &events, found[0].etag.as_ref()).await.unwrap();
    assert_eq!(changed.events, events);
    assert_eq!(cloud.schedule(account, &made.id).await.unwrap().events, events);
    let present = cloud.read(account, &rack.id).await.unwrap();
    cloud.delete(account, &rack.id, present.etag.as_ref()).await.unwrap();
    cloud.delete_schedule(account, &made.id, None).await.unwrap();
    assert!(cloud.find_schedules(account, &stage.compartment, "weekends").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_creation_whose_answer_is_lost_makes_one_record() {
    let stage = Stage::set().await;
    stage.sim.add_fault(Fault::new(Trouble::CutAfter).times(1));
    let made = stage.cloud.create(&stage.account, &stage.creation()).await.unwrap();
    assert_eq!(stage.sim.infrastructures(), [made.id]);
}

#[tokio::test]
async fn an_empty_page_hides_nothing() {
    let stage = Stage::set().await;
    stage.cloud.create(&stage.account, &stage.creation()).await.unwrap();
    stage.sim.add_fault(Fault::new(Trouble::EmptyPage).times(1));
    let found = stage.cloud.find(&stage.account, &stage.compartment, "north").await.unwrap();
    assert_eq!(found.len(), 1);
}
