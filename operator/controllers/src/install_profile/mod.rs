//! `InstallProfile`: checked when it is applied, its images fetched ahead of the first host.

mod recipe;
mod status;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use kube::{
    ResourceExt,
    runtime::{controller::Action, watcher::Event},
};
use slipway_core::{
    boot::{Artifact, ImageState, LocalBoot, Recipe},
    failure::Failure,
    host::Completion,
};
use slipway_crds::v1alpha1::{Architecture, InstallProfile};
use tokio::sync::watch;

use status::Images;

use crate::{
    bare_metal_host, context::Context, error::ReconcileError, latest::Latest, object::Object,
    pace::API_DEADLINE, run::Scope,
};

/// A profile as hosts use it.
#[derive(Debug)]
pub(crate) struct Profile {
    /// SHA-256 of the spec.
    pub(crate) digest: String,
    /// Attempts after the first.
    pub(crate) retries: i32,
    /// Proof of completion.
    pub(crate) completion: Completion,
    /// How an installed host boots.
    pub(crate) local_boot: LocalBoot,
    /// For which machines it is.
    pub(crate) architecture: Architecture,
    /// What the boot service serves, or why it cannot.
    pub(crate) recipe: Result<Arc<Recipe>, Failure>,
}

impl Profile {
    pub(crate) fn architecture_name(&self) -> &'static str {
        Self::name_of(self.architecture)
    }

    /// The word for an architecture.
    pub(crate) fn name_of(architecture: Architecture) -> &'static str {
        match architecture {
            Architecture::X86_64 => "x86_64",
            Architecture::Aarch64 => "aarch64",
        }
    }
}

/// All profiles, by namespace and name, as the watch brought them.
#[derive(Debug, Default)]
pub(crate) struct Profiles {
    all: Mutex<HashMap<(String, String), Arc<Profile>>>,
    /// Scopes whose first list has not come yet.
    unlisted: watch::Sender<HashSet<Scope>>,
}

impl Profiles {
    /// The first list of a scope is going to come.
    pub(crate) fn expect_list(&self, scope: &Scope) {
        self.unlisted.send_modify(|unlisted| _ = unlisted.insert(scope.clone()));
    }

    fn list_came(&self, scope: &Scope) {
        self.unlisted.send_if_modified(|unlisted| unlisted.remove(scope));
    }

    /// Waits until the profiles of a namespace are known. Before that a host in the middle of its installation would seem to have lost its
    /// profile: the boot service would send its installer away.
    pub(crate) async fn listed(&self, namespace: &str) -> Result<(), ReconcileError> {
        let mut unlisted = self.unlisted.subscribe();
        let is_listed = |unlisted: &HashSet<Scope>| {
            unlisted.iter().all(|scope| scope.as_deref().is_some_and(|scope| scope != namespace))
        };
        match tokio::time::timeout(API_DEADLINE, unlisted.wait_for(is_listed)).await {
            Ok(_) => Ok(()),
            Err(_) => Err(ReconcileError::TimedOut { doing: "listing the install profiles" }),
        }
    }

    pub(crate) fn get(&self, namespace: &str, name: &str) -> Option<Arc<Profile>> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&(namespace.to_owned(), name.to_owned())).map(Arc::clone)
    }

    /// Takes a profile in. Returns whether it is another than before.
    pub(crate) fn enter(&self, object: &InstallProfile) -> bool {
        let profile = Arc::new(recipe::profile(object));
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (object.namespace().unwrap_or_default(), object.name_any());
        let digest = profile.digest.clone();
        all.insert(key, profile).is_none_or(|before| before.digest != digest)
    }

    pub(crate) fn leave(&self, object: &InstallProfile) {
        let key = (object.namespace().unwrap_or_default(), object.name_any());
        self.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }
}

/// Takes one event of the watch. Hosts that use a profile that changed are looked at again.
pub(crate) fn take(context: &Context, scope: &Scope, event: &Event<InstallProfile>) {
    match event {
        Event::InitApply(object) | Event::Apply(object) => {
            if context.profiles.enter(object) {
                let namespace = object.namespace().unwrap_or_default();
                for host in context.claims.users_of(&namespace, &object.name_any()) {
                    context.ledger.trigger(&host);
                }
            }
        }
        Event::Delete(object) => context.profiles.leave(object),
        Event::InitDone => context.profiles.list_came(scope),
        Event::Init => {}
    }
}

impl Object for InstallProfile {
    fn latest(context: &Context) -> &Latest<Self> {
        &context.latest_profiles
    }
}

/// Checks one profile and says where its images stand.
pub(crate) async fn reconcile(
    watched: Arc<InstallProfile>,
    context: Arc<Context>,
) -> Result<Action, ReconcileError> {
    let object = context.latest_profiles.newer(watched);
    let now = bare_metal_host::whole_second(context.clock.now());
    let images = images(&object, &context);
    let again = next_look(images.as_deref().unwrap_or_default());
    status::write(&context, &object, images, now).await?;
    Ok(Action::requeue(again))
}

/// What a replica that does not lead does for a profile: it has the images, too, for machines that ask it for them.
pub(crate) fn stand_by(object: &InstallProfile, context: &Context) -> Action {
    match images(object, context) {
        Ok(images) => Action::requeue(next_look(&images)),
        // The leader says so.
        Err(_) => Action::await_change(),
    }
}

/// Where the images of a sound profile stand; those that are not there are fetched.
fn images(object: &InstallProfile, context: &Context) -> Result<Images, Failure> {
    let recipe = recipe::profile(object).recipe?;
    context.boot.check_recipe(&recipe)?;
    let artifacts = recipe.boot.artifacts().into_iter();
    Ok(artifacts.map(|artifact| (artifact.clone(), context.boot.image(artifact))).collect())
}

fn next_look(images: &[(Artifact, ImageState)]) -> Duration {
    let any = |of: fn(&ImageState) -> bool| images.iter().any(|(_, state)| of(state));
    if any(|state| matches!(state, ImageState::Fetching(_))) {
        Duration::from_secs(5)
    } else if any(|state| matches!(state, ImageState::Failed(_))) {
        Duration::from_secs(30)
    } else {
        Duration::from_mins(10)
    }
}
