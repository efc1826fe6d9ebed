//! One cluster's record in one situation, and the steps a controller takes with it.

use std::collections::BTreeMap;

use slipway_core::{
    clock::{SignedDuration, Timestamp},
    finding::Finding,
    reason::Reason,
    subscription::{
        ClusterFacts, ClusterSight, DriftPolicy, Effect, Field, Fields, INSTALLATION, Known, LABEL_PREFIX,
        Plan, Record, RemoteStatus, SETTLE, Situation, SubscriptionWish, Support, change, plan,
    },
};

pub(crate) const CLUSTER: &str = "6f1ed002-ab5c-4a3f-8e6f-0d4f5e6a7b8c";
pub(crate) const EXTERNAL: &str = "11111111-2222-3333-4444-555555555555";
pub(crate) const CONSOLE: &str = "https://console.edge-7.example.com";
pub(crate) const OURS: &str = "org-ours";
pub(crate) const SECOND: SignedDuration = SignedDuration::from_secs(1);
pub(crate) const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The statuses, and a word that nobody knows.
pub(crate) const WORDS: [&str; 7] =
    ["Reserved", "Active", "Stale", "Archived", "Disconnected", "Deprovisioned", "Suspended"];

/// What is asked, known and seen.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) wish: SubscriptionWish,
    pub(crate) known: Known,
    pub(crate) seen: Vec<Record>,
    pub(crate) organization: Option<String>,
    pub(crate) cluster: ClusterSight,
    pub(crate) now: Timestamp,
}

impl Scene {
    /// A cluster that is not installed and of whose record nothing is known.
    pub(crate) fn first() -> Self {
        Self {
            wish: wish(),
            known: Known::default(),
            seen: vec![],
            organization: Some(OURS.to_owned()),
            cluster: ClusterSight::Known(ClusterFacts::default()),
            now: "2026-01-10T12:00:00Z".parse().unwrap(),
        }
    }

    /// A record with this status that is as asked, and known so. The cluster has its ids, and is installed or not.
    pub(crate) fn at_rest(status: &str, is_installed: bool) -> Self {
        let mut scene = Self::first().preparing(EXTERNAL);
        scene.cluster = ClusterSight::Known(ClusterFacts { is_installed, ..facts(EXTERNAL) });
        let mut record = record("s1", status);
        record.external_cluster_id = Some(EXTERNAL.to_owned());
        record.console_url = Some(CONSOLE.to_owned());
        record.labels = [(format!("{LABEL_PREFIX}{INSTALLATION}"), "site-a".to_owned())].into();
        scene.known = Known {
            subscription_id: Some("s1".to_owned()),
            organization_id: Some(OURS.to_owned()),
            fields: Some(record.fields()),
            was_synced: true,
            was_active: matches!(record.status, RemoteStatus::Active),
            ..Known::default()
        };
        scene.seen = vec![record];
        scene
    }

    /// The same, being installed under this id.
    pub(crate) fn preparing(mut self, external: &str) -> Self {
        self.cluster = ClusterSight::Known(facts(external));
        self
    }

    /// The same, where the cluster has none of its ids.
    pub(crate) fn failed(mut self) -> Self {
        self.cluster = ClusterSight::Known(ClusterFacts::default());
        self
    }

    /// The same, installed under this id.
    pub(crate) fn installed(mut self, external: &str) -> Self {
        self.cluster = ClusterSight::Known(ClusterFacts { is_installed: true, ..facts(external) });
        self
    }

    /// The same, where the cluster cannot be looked at.
    pub(crate) fn unreachable(mut self) -> Self {
        self.cluster = ClusterSight::Unknown(Finding::new(Reason::ClusterUnreachable, "no route"));
        self
    }

    /// The same, where others' changes are reported.
    pub(crate) fn reporting(mut self) -> Self {
        self.wish.drift = DriftPolicy::Report;
        self
    }

    /// So much later.
    pub(crate) fn after(mut self, pause: SignedDuration) -> Self {
        self.now += pause;
        self
    }

    /// The only record.
    pub(crate) fn record(&mut self) -> &mut Record {
        self.seen.first_mut().unwrap()
    }

    /// Somebody renames the record.
    pub(crate) fn renamed(mut self, name: &str) -> Self {
        self.record().display_name = Some(name.to_owned());
        self
    }

    /// The status of the object is lost; its memory stays.
    pub(crate) fn wiped(mut self) -> Self {
        self.known = Known { reserving_since: None, fields: None, drift: vec![], ..self.known };
        self
    }

    /// Makes the plan and changes nothing.
    pub(crate) fn plan(&self) -> Plan {
        plan(&Situation {
            wish: &self.wish,
            known: &self.known,
            seen: &self.seen,
            organization_id: self.organization.as_deref(),
            cluster: &self.cluster,
            settle: SETTLE,
            now: self.now,
        })
    }

    /// Makes the plan, has it carried out, and remembers what a controller remembers when that succeeds.
    pub(crate) fn look(&mut self) -> Plan {
        self.look_where(&|_| {})
    }

    /// The same at a registrar with ways of its own, which come after each change.
    pub(crate) fn look_where(&mut self, ways: &dyn Fn(&mut Record)) -> Plan {
        let plan = self.plan();
        match &plan.effect {
            Some(Effect::Reserve(_)) => self.seen.push(record("s1", "Reserved")),
            Some(Effect::Amend { fields, .. }) => amend(self.record(), fields),
            Some(Effect::Activate { .. }) => self.record().status = RemoteStatus::Active,
            None => {}
        }
        if let Some(record) = self.seen.iter_mut().find(|record| record.status.is_live()) {
            if plan.effect.is_some() {
                ways(record);
            }
            self.known.subscription_id = Some(record.id.clone());
            self.known.organization_id.get_or_insert_with(|| OURS.to_owned());
            self.known.was_active |= record.status == RemoteStatus::Active;
            self.known.fields = Some(record.fields());
        }
        self.known.was_synced |= plan.synced.as_ref().is_some_and(|found| found.reason == Reason::Verified);
        self.known.drift.clone_from(&plan.drift);
        plan
    }

    /// Looks until nothing more is done, and answers the last plan.
    #[track_caller]
    pub(crate) fn settle(&mut self) -> Plan {
        (0..20).map(|_| self.look()).find(|plan| plan.effect.is_none()).unwrap()
    }
}

fn wish() -> SubscriptionWish {
    SubscriptionWish {
        cluster_id: CLUSTER.to_owned(),
        display_name: "edge-7".to_owned(),
        product_id: "OCP".to_owned(),
        product_category: "AssistedInstall".to_owned(),
        support: Support::default(),
        labels: [(INSTALLATION.to_owned(), "site-a".to_owned())].into(),
        drift: DriftPolicy::Correct,
        follows_cluster: true,
        suspended: false,
    }
}

fn facts(external: &str) -> ClusterFacts {
    ClusterFacts {
        external_cluster_id: Some(external.to_owned()),
        console_url: Some(CONSOLE.to_owned()),
        is_installed: false,
    }
}

/// A record as it is just after it was made, with this status.
pub(crate) fn record(id: &str, status: &str) -> Record {
    Record {
        id: id.to_owned(),
        cluster_id: Some(CLUSTER.to_owned()),
        external_cluster_id: None,
        status: status.into(),
        display_name: Some("edge-7".to_owned()),
        console_url: None,
        support: Support::default(),
        labels: BTreeMap::new(),
        keeps_labels: true,
        plan_id: Some("OCP-AssistedInstall".to_owned()),
        organization_id: Some(OURS.to_owned()),
        provenance: Some("Provisioning".to_owned()),
        last_telemetry_at: None,
        created_at: None,
        updated_at: None,
        metrics: None,
    }
}

/// What a registrar does with these fields.
pub(crate) fn amend(record: &mut Record, fields: &Fields) {
    let change = change(fields);
    let set = |value: Option<String>, place: &mut Option<String>| {
        if let Some(value) = value {
            *place = Some(value).filter(|value| !value.is_empty());
        }
    };
    set(change.display_name, &mut record.display_name);
    set(change.external_cluster_id, &mut record.external_cluster_id);
    set(change.console_url, &mut record.console_url);
    let (support, new) = (&mut record.support, change.support);
    set(new.level, &mut support.level);
    set(new.usage, &mut support.usage);
    set(new.service_level, &mut support.service_level);
    set(new.system_units, &mut support.system_units);
    set(new.product_bundle, &mut support.product_bundle);
    support.cpu_total = new.cpu_total.or(support.cpu_total);
    support.socket_total = new.socket_total.or(support.socket_total);
    for (field, value) in fields {
        let Field::Label(name) = field else { continue };
        let key = format!("{LABEL_PREFIX}{name}");
        match value.as_str() {
            "" => drop(record.labels.remove(&key)),
            value => drop(record.labels.insert(key, value.to_owned())),
        }
    }
}

/// The fields that a plan changes, as pairs of texts.
#[track_caller]
pub(crate) fn amended(plan: &Plan) -> Vec<(String, &str)> {
    let Some(Effect::Amend { fields, .. }) = &plan.effect else { panic!("{:?}", plan.overall) };
    fields.iter().map(|(field, value)| (field.to_string(), value.as_str())).collect()
}

/// Asserts that a plan changes this one field to this value.
#[track_caller]
pub(crate) fn assert_amends(plan: &Plan, field: &str, value: &str) {
    assert_eq!(amended(plan), [(field.to_owned(), value)]);
}

/// Asserts that a plan does nothing and says this.
#[track_caller]
pub(crate) fn assert_idle(plan: &Plan, reason: Reason) {
    assert_eq!(plan.overall.reason, reason, "{:?}", plan.overall);
    assert_eq!(plan.effect, None, "{:?}", plan.overall);
}
