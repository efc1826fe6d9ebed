//! A profile's status.

use std::sync::Arc;

use slipway_core::{
    boot::{Artifact, ImageState},
    clock::Timestamp,
    failure::Failure,
    finding::Finding,
    reason::{Class, Reason},
};
use slipway_crds::{
    condition::{IMAGES_AVAILABLE, TEMPLATES_VALID},
    v1alpha1::{
        ImageState as ApiImageState, ImageStatus, InstallProfile, InstallProfileStatus, ProfilePhase,
    },
};

use crate::{
    condition::{Conditions, Truth},
    context::Context,
    error::ReconcileError,
    object::replace_status,
};

pub(super) type Images = Vec<(Artifact, ImageState)>;

/// Writes the status when it differs.
pub(super) async fn write(
    context: &Context,
    object: &Arc<InstallProfile>,
    checked: Result<Images, Failure>,
    now: Timestamp,
) -> Result<(), ReconcileError> {
    let status = build(object, &checked, now);
    if object.status.as_ref() == Some(&status) {
        return Ok(());
    }
    let mut changed = InstallProfile::clone(object);
    changed.status = Some(status);
    replace_status(context, changed).await?;
    Ok(())
}

fn build(object: &InstallProfile, checked: &Result<Images, Failure>, now: Timestamp) -> InstallProfileStatus {
    let previous = object.status.clone().unwrap_or_default();
    let mut conditions = Conditions::new(&previous.conditions, object.metadata.generation, now);
    let overall = overall(checked);
    conditions.overall(&overall);
    if checked.is_ok() {
        conditions.set(
            TEMPLATES_VALID,
            Truth::True,
            &Finding::new(Reason::Verified, "the templates can be read"),
        );
        let available = overall.reason.class() == Class::Fine;
        conditions.set(IMAGES_AVAILABLE, if available { Truth::True } else { Truth::False }, &overall);
    } else {
        conditions.set(TEMPLATES_VALID, Truth::False, &overall);
        conditions.keep(IMAGES_AVAILABLE, &overall);
    }
    InstallProfileStatus {
        observed_generation: object.metadata.generation.unwrap_or_default(),
        phase: Some(match overall.reason.class() {
            Class::Fine => ProfilePhase::Available,
            Class::Waiting => ProfilePhase::Fetching,
            Class::Transient | Class::Person => ProfilePhase::Failed,
        }),
        images: checked.iter().flatten().map(image).collect(),
        next_retry_at: None,
        conditions: conditions.list(),
    }
}

fn overall(checked: &Result<Images, Failure>) -> Finding {
    let images = match checked {
        Ok(images) => images,
        Err(failure) => return Finding::new(failure.reason, failure.message.clone()),
    };
    let failed = images.iter().find_map(|(_, state)| match state {
        ImageState::Failed(failure) => Some(Finding::new(failure.reason, failure.message.clone())),
        ImageState::Ready(_) | ImageState::Fetching(_) => None,
    });
    let fetching = images.iter().filter(|(_, state)| matches!(state, ImageState::Fetching(_))).count();
    failed.unwrap_or_else(|| match fetching {
        0 => Finding::new(Reason::Available, "hosts can be installed with this profile"),
        some => Finding::new(
            Reason::PreparingImages,
            format!("{some} of {} images are being fetched", images.len()),
        ),
    })
}

fn image((artifact, state): &(Artifact, ImageState)) -> ImageStatus {
    let (state, size, message) = match state {
        ImageState::Ready(bytes) => (ApiImageState::Available, i64::try_from(*bytes).ok(), None),
        ImageState::Fetching(_) => (ApiImageState::Fetching, None, None),
        ImageState::Failed(failure) => (ApiImageState::Failed, None, Some(failure.message.clone())),
    };
    ImageStatus {
        url: artifact.url.to_string(),
        sha256: artifact.sha256.clone(),
        state,
        size_bytes: size,
        message,
    }
}
