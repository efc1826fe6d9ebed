//! Carries out a plan's effect. That a record is about to be asked for is stored first.

use slipway_core::{
    failure::{Effect as Happened, Failure},
    reason::Reason,
    subscription::{
        Account, Effect, Field, Fields, Holder, INSTALLATION, LABEL_PREFIX, Record, RegistrarPort,
        RemoteStatus, change,
    },
};

/// What an effect brought.
#[derive(Debug)]
pub(super) enum Outcome {
    /// A record was made and has this id.
    Made(String),
    /// The record is like this now.
    Changed(Box<Record>),
}

/// Carries the effect out. A reservation was recorded before.
pub(super) async fn apply(
    registrar: &dyn RegistrarPort,
    account: &Account,
    effect: &Effect,
) -> Result<Outcome, Failure> {
    match effect {
        Effect::Reserve(reservation) => {
            let id = registrar.reserve(account, reservation).await?;
            tracing::info!(subscription = id, cluster = reservation.cluster_id, "Record reserved");
            Ok(Outcome::Made(id))
        }
        Effect::Amend { id, fields } => {
            let record = amend(registrar, account, id, fields).await?;
            let names: Vec<_> = fields.keys().map(Field::to_string).collect();
            tracing::info!(subscription = id, fields = names.join(","), "Record changed");
            Ok(Outcome::Changed(Box::new(record)))
        }
        Effect::Activate { id } => {
            let record = registrar.activate(account, id).await?;
            if record.status == RemoteStatus::Reserved {
                let message =
                    format!("the registrar took the activation of record {id} and left it Reserved");
                return Err(Failure::new(Reason::RegistrarFault, message));
            }
            tracing::info!(subscription = id, "Record activated");
            Ok(Outcome::Changed(Box::new(record)))
        }
    }
}

/// One change for all fields but labels, then each label. Answers the record as it is then.
async fn amend(
    registrar: &dyn RegistrarPort,
    account: &Account,
    id: &str,
    fields: &Fields,
) -> Result<Record, Failure> {
    let (labels, others): (Fields, Fields) =
        fields.clone().into_iter().partition(|(field, _)| matches!(field, Field::Label(_)));
    let amended =
        if others.is_empty() { None } else { Some(registrar.amend(account, id, &change(&others)).await?) };
    for (field, value) in &labels {
        if let Field::Label(name) = field {
            let outcome = label(registrar, account, id, &format!("{LABEL_PREFIX}{name}"), value).await;
            match outcome {
                // Without its mark the record is only not found as an orphan.
                Err(failure) if name == INSTALLATION && failure.effect == Happened::None => {
                    tracing::info!(subscription = id, %failure, "Record could not be marked as ours");
                }
                outcome => outcome?,
            }
        }
    }
    match amended.filter(|_| labels.is_empty()) {
        Some(record) => Ok(record),
        None => registrar.read(account, id).await?.ok_or_else(|| {
            Failure::new(
                Reason::NotRegistrar,
                format!("record {id} is not there any more right after it was changed"),
            )
        }),
    }
}

async fn label(
    registrar: &dyn RegistrarPort,
    account: &Account,
    id: &str,
    key: &str,
    value: &str,
) -> Result<(), Failure> {
    let holder = Holder::Subscription(id.to_owned());
    if value.is_empty() {
        registrar.delete_label(account, &holder, key).await
    } else {
        registrar.put_label(account, &holder, key, value).await
    }
}
