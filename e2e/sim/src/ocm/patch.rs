//! What a PATCH of a record may set (`facts/ocm.md §2.5, §2.6`).

use super::account::{Account, Reach};
use super::moment;
use super::record::{DEPROVISIONED, Fields, Record};
use super::refusal::Refusal;
use super::switches::Leniency;
use super::world::World;
use serde_json::Value;

/// What values a field takes.
enum Sort {
    Text,
    Word(&'static [&'static str]),
    Bool,
    Number,
    Time,
}

/// Statuses that a PATCH may name. Deprovisioned comes only of DELETE.
const STATUSES: &[&str] = &["Active", "Archived", "Disconnected", "Reserved", "Stale"];
const SUPPORT: &[&str] = &["Eval", "Standard", "Premium", "Self-Support", "None", "SupportedByIBM"];
const USAGE: &[&str] = &["Production", "Development/Test", "Disaster Recovery", "Academic"];
const BILLING: &[&str] = &[
    "standard",
    "marketplace",
    "marketplace-aws",
    "marketplace-azure",
    "marketplace-rhm",
    "marketplace-gcp",
];

/// The fields marked P.
const FIELDS: [(&str, Sort); 25] = [
    ("status", Sort::Word(STATUSES)),
    ("cluster_id", Sort::Text),
    ("external_cluster_id", Sort::Text),
    ("display_name", Sort::Text),
    ("console_url", Sort::Text),
    ("plan_id", Sort::Text),
    ("managed", Sort::Bool),
    ("provenance", Sort::Text),
    ("creator_id", Sort::Text),
    ("organization_id", Sort::Text),
    ("support_level", Sort::Word(SUPPORT)),
    ("service_level", Sort::Word(&["L1-L3", "L3-only"])),
    ("usage", Sort::Word(USAGE)),
    ("system_units", Sort::Word(&["Cores/vCPU", "Sockets"])),
    ("cpu_total", Sort::Number),
    ("socket_total", Sort::Number),
    ("product_bundle", Sort::Word(&["Openshift", "JBoss-Middleware", "IBM-CloudPak"])),
    ("cluster_billing_model", Sort::Word(BILLING)),
    ("billing_expiration_date", Sort::Time),
    ("trial_end_date", Sort::Time),
    ("cloud_provider_id", Sort::Text),
    ("cloud_account_id", Sort::Text),
    ("region_id", Sort::Text),
    ("consumer_uuid", Sort::Text),
    ("released", Sort::Bool),
];

/// What the vendor's library sends along (`facts/ocm.md §2.5`).
const TOLERATED: [&str; 3] = ["kind", "id", "href"];

/// Why it is not set.
#[derive(Debug)]
pub(super) enum Refused {
    /// 403 for this field.
    Field(String),
    Other(Refusal),
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self::Other(refusal)
    }
}

/// What is to be set, when all of it may be.
pub(super) fn checked(
    world: &World,
    caller: &Account,
    record: &Record,
    body: &Value,
) -> Result<Fields, Refused> {
    let mut set = Fields::new();
    for (name, value) in body.as_object().into_iter().flatten() {
        if TOLERATED.contains(&name.as_str()) || value.is_null() {
            continue;
        }
        let Some((_, sort)) = FIELDS.iter().find(|(one, _)| one == name) else {
            match world.switches.unknown_field {
                Leniency::Accept => continue,
                Leniency::Refuse => {
                    return Err(Refusal::bad_request(format!("Field '{name}' can't be updated")).into());
                }
            }
        };
        let owners = matches!(name.as_str(), "creator_id" | "organization_id");
        let unowned = owners && caller.rights.acts_for != Reach::Everything;
        if world.switches.forbidden_fields.contains(name) || unowned {
            return Err(Refused::Field(name.clone()));
        }
        sort.check(name, value)?;
        set.insert(name.clone(), value.clone());
    }
    if set.get("external_cluster_id").is_some_and(|id| id == "")
        && world.switches.empty_external_id == Leniency::Refuse
    {
        return Err(Refusal::validation("external_cluster_id can't be empty").into());
    }
    check_key(world, record, &set)?;
    check_status(world, record, &set)?;
    Ok(set)
}

impl Sort {
    fn check(&self, name: &str, value: &Value) -> Result<(), Refusal> {
        let fits = match self {
            Self::Text => value.is_string(),
            Self::Word(words) => value.as_str().is_some_and(|word| word.is_empty() || words.contains(&word)),
            Self::Bool => value.is_boolean(),
            Self::Number => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            Self::Time => value.as_str().is_some_and(|text| moment::read(text).is_some()),
        };
        if fits { Ok(()) } else { Err(Refusal::validation(format!("{value} is not valid for '{name}'"))) }
    }
}

/// One live record a `cluster_id` (`facts/ocm.md §2.4`).
fn check_key(world: &World, record: &Record, set: &Fields) -> Result<(), Refusal> {
    let Some(key) = set.get("cluster_id").and_then(Value::as_str) else { return Ok(()) };
    let taken = !key.is_empty() && world.live(key).any(|other| other.id != record.id);
    if taken && record.text("cluster_id") != key {
        return Err(Refusal::conflict(format!("Cluster '{key}' already has a subscription")));
    }
    Ok(())
}

fn check_status(world: &World, record: &Record, set: &Fields) -> Result<(), Refusal> {
    if record.status() == DEPROVISIONED {
        return Err(Refusal::bad_request("A deprovisioned subscription can't be updated"));
    }
    let Some(status) = set.get("status").and_then(Value::as_str) else { return Ok(()) };
    if status.is_empty() {
        return Err(Refusal::validation("status can't be empty"));
    }
    let back = status == "Reserved" && record.status() != "Reserved";
    if back && world.switches.back_to_reserved == Leniency::Refuse {
        let from = record.status();
        return Err(Refusal::bad_request(format!("Status can't be changed from '{from}' to 'Reserved'")));
    }
    Ok(())
}
