//! The fields of a record that a wish can speak of, each as text, so that all are compared, corrected and reported alike.

use std::{collections::BTreeMap, fmt};

use super::{Change, ClusterFacts, LABEL_PREFIX, Record, RemoteStatus, SubscriptionWish, Support};

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// Name that people see.
    DisplayName,
    /// Id under which the cluster sends telemetry.
    ExternalClusterId,
    /// Address of the console.
    ConsoleUrl,
    /// Support level.
    SupportLevel,
    /// Usage.
    SupportUsage,
    /// Service level.
    SupportServiceLevel,
    /// Unit of the size.
    SupportSystemUnits,
    /// Bundle the product is part of.
    SupportProductBundle,
    /// Declared number of cores.
    SupportCpuTotal,
    /// Declared number of sockets.
    SupportSocketTotal,
    /// A label of ours, by its name without [`LABEL_PREFIX`].
    Label(String),
}

/// Values by field. An empty one is a field that is to have none.
pub type Fields = BTreeMap<Field, String>;

/// Longest name of a label in a spec.
const LONGEST_LABEL: usize = 63;

/// How many labels that nobody asks for are looked at together: with the ten fields and at most 17 labels that are asked for, 32 in all.
const STRANGERS: usize = 5;

/// The fields but for labels, each with the name that people read.
const NAMES: &[(Field, &str)] = &[
    (Field::DisplayName, "displayName"),
    (Field::ExternalClusterId, "externalClusterId"),
    (Field::ConsoleUrl, "consoleUrl"),
    (Field::SupportLevel, "support.level"),
    (Field::SupportUsage, "support.usage"),
    (Field::SupportServiceLevel, "support.serviceLevel"),
    (Field::SupportSystemUnits, "support.systemUnits"),
    (Field::SupportProductBundle, "support.productBundle"),
    (Field::SupportCpuTotal, "support.cpuTotal"),
    (Field::SupportSocketTotal, "support.socketTotal"),
];

impl Field {
    /// The field of a name, as [`Field`] displays it.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        if let Some(label) = name.strip_prefix("labels.") {
            return Some(Self::Label(label.to_owned()));
        }
        NAMES.iter().find(|(_, known)| *known == name).map(|(field, _)| field.clone())
    }
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Label(name) = self {
            return write!(formatter, "labels.{name}");
        }
        let name = NAMES.iter().find(|(field, _)| field == self).map_or("", |(_, name)| name);
        formatter.write_str(name)
    }
}

impl Support {
    /// The settings that have a value.
    #[must_use]
    pub fn fields(&self) -> Fields {
        let number = |value: Option<i32>| value.map(|number| number.to_string());
        let values = [
            (Field::SupportLevel, self.level.clone()),
            (Field::SupportUsage, self.usage.clone()),
            (Field::SupportServiceLevel, self.service_level.clone()),
            (Field::SupportSystemUnits, self.system_units.clone()),
            (Field::SupportProductBundle, self.product_bundle.clone()),
            (Field::SupportCpuTotal, number(self.cpu_total)),
            (Field::SupportSocketTotal, number(self.socket_total)),
        ];
        present(values)
    }
}

fn present(values: impl IntoIterator<Item = (Field, Option<String>)>) -> Fields {
    values.into_iter().filter_map(|(field, value)| Some((field, value?))).collect()
}

impl Record {
    /// The fields that have a value.
    #[must_use]
    pub fn fields(&self) -> Fields {
        let mut fields = self.support.fields();
        fields.extend(present([
            (Field::DisplayName, self.display_name.clone()),
            (Field::ExternalClusterId, self.external_cluster_id.clone()),
            (Field::ConsoleUrl, self.console_url.clone()),
        ]));
        let ours =
            self.labels.iter().filter_map(|(key, value)| Some((key.strip_prefix(LABEL_PREFIX)?, value)));
        fields.extend(ours.map(|(name, value)| (Field::Label(name.to_owned()), value.clone())));
        fields
    }
}

/// What the fields of a record should be, as far as anybody says so.
#[must_use]
pub fn wanted(wish: &SubscriptionWish, facts: Option<&ClusterFacts>, record: &Record) -> Fields {
    let mut fields = wish.support.fields();
    fields.insert(Field::DisplayName, wish.display_name.clone());
    if let Some(facts) = facts {
        // What a failed installation left on the record is obsolete; a record in use keeps what it has.
        let obsolete = !facts.is_installed && record.status == RemoteStatus::Reserved;
        let known = |value: &Option<String>| value.clone().or_else(|| obsolete.then(String::new));
        fields.extend(present([
            (Field::ExternalClusterId, known(&facts.external_cluster_id)),
            (Field::ConsoleUrl, known(&facts.console_url)),
        ]));
    }
    if !record.keeps_labels {
        return fields;
    }
    fields.extend(strangers(wish, record).map(|label| (label, String::new())));
    fields.extend(wish.labels.iter().map(|(name, value)| (Field::Label(name.clone()), value.clone())));
    fields
}

/// Labels of ours that nobody asks for any more: a few at a time, and only names that a spec can have, so that whoever floods the record with
/// labels does not flood the status.
fn strangers(wish: &SubscriptionWish, record: &Record) -> impl Iterator<Item = Field> {
    let is_strange = |field: &Field| matches!(field, Field::Label(name) if name.len() <= LONGEST_LABEL && !wish.labels.contains_key(name));
    record.fields().into_keys().filter(is_strange).take(STRANGERS)
}

/// The change that brings these fields about; labels are no part of it.
#[must_use]
pub fn change(fields: &Fields) -> Change {
    let text = |field: Field| fields.get(&field).cloned();
    let number = |field: Field| fields.get(&field).and_then(|value| value.parse().ok());
    Change {
        display_name: text(Field::DisplayName),
        external_cluster_id: text(Field::ExternalClusterId),
        console_url: text(Field::ConsoleUrl),
        support: Support {
            level: text(Field::SupportLevel),
            usage: text(Field::SupportUsage),
            service_level: text(Field::SupportServiceLevel),
            system_units: text(Field::SupportSystemUnits),
            product_bundle: text(Field::SupportProductBundle),
            cpu_total: number(Field::SupportCpuTotal),
            socket_total: number(Field::SupportSocketTotal),
        },
    }
}
