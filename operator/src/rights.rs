//! The rights that the operator uses, and whether it has them.

use futures::{StreamExt, TryStreamExt};
use k8s_openapi::api::{
    authentication::v1::SelfSubjectReview,
    authorization::v1::{ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec},
};
use kube::{
    Api, Client,
    api::{DynamicObject, ListParams, PostParams},
    core::{ApiResource, GroupVersionKind},
};
use slipway_controllers::Scope;

use crate::lease::CLAIM;

const GROUP: &str = "slipway.dev";
const VERSION: &str = "v1alpha1";
const LEASES: &str = "coordination.k8s.io";
/// Questions at once.
const AT_ONCE: usize = 16;

/// Where a right is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In every namespace that is served, or in the whole cluster.
    Served,
    /// In every namespace that is served by its name.
    Named,
    /// In the operator's own namespace.
    Own,
}

/// Which object of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Any,
    Name(&'static str),
    /// The one that `--lease-name` says.
    Lease,
}

/// One line of the roles.
#[derive(Debug, Clone, Copy)]
struct Rule {
    place: Place,
    group: &'static str,
    resources: &'static [&'static str],
    which: Which,
    verbs: &'static [&'static str],
}

/// The kinds, in the plural.
const KINDS: &[&str] = &["baremetalhosts", "installprofiles", "infrastructures", "clustersubscriptions"];
const STATUSES: &[&str] = &[
    "baremetalhosts/status",
    "installprofiles/status",
    "infrastructures/status",
    "clustersubscriptions/status",
];

const fn rule(
    place: Place,
    group: &'static str,
    resources: &'static [&'static str],
    which: Which,
    verbs: &'static [&'static str],
) -> Rule {
    Rule { place, group, resources, which, verbs }
}

/// Every right without which something does not work. A `Cluster` of Cluster API is read only where one is named, so that right is none of them.
const RULES: &[Rule] = &[
    rule(Place::Served, GROUP, KINDS, Which::Any, &["list", "watch"]),
    rule(
        Place::Served,
        GROUP,
        &["baremetalhosts", "infrastructures", "clustersubscriptions"],
        Which::Any,
        &["patch"],
    ),
    rule(Place::Served, GROUP, STATUSES, Which::Any, &["update"]),
    rule(Place::Served, "events.k8s.io", &["events"], Which::Any, &["create", "patch"]),
    // Where all namespaces are served, the administrator says in which of them Secrets may be read.
    rule(Place::Named, "", &["secrets"], Which::Any, &["get"]),
    rule(Place::Served, LEASES, &["leases"], Which::Any, &["create"]),
    rule(Place::Served, LEASES, &["leases"], Which::Name(CLAIM), &["get", "update"]),
    rule(Place::Own, "", &["secrets"], Which::Any, &["create"]),
    rule(Place::Own, "", &["secrets"], Which::Name("slipway-boot-key"), &["get"]),
    rule(Place::Own, LEASES, &["leases"], Which::Any, &["create"]),
    rule(Place::Own, LEASES, &["leases"], Which::Lease, &["get", "update"]),
];

/// A right that is not there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Denied {
    /// The verb.
    pub(crate) verb: &'static str,
    /// The resource with its group, such as `leases.coordination.k8s.io`, and the name that is meant.
    pub(crate) what: String,
}

/// Rights that are not there in one place, in words.
pub(crate) fn words(denied: &[Denied]) -> String {
    let mut verbs: Vec<(&str, Vec<&str>)> = Vec::new();
    for Denied { verb, what } in denied {
        match verbs.iter_mut().find(|(known, _)| known == verb) {
            Some((_, all)) => all.push(what),
            None => verbs.push((verb, vec![what])),
        }
    }
    verbs.iter().map(|(verb, all)| format!("{verb} {}", all.join(", "))).collect::<Vec<_>>().join("; ")
}

/// One right of the table, in one place.
struct Question {
    rule: &'static Rule,
    verb: &'static str,
    resource: &'static str,
    name: Option<String>,
}

impl Question {
    fn of(rule: &'static Rule, lease_name: &str) -> Vec<Self> {
        let name = match rule.which {
            Which::Any => None,
            Which::Name(name) => Some(name.to_owned()),
            Which::Lease => Some(lease_name.to_owned()),
        };
        let verbs = rule.verbs.iter();
        let pairs = verbs.flat_map(|verb| rule.resources.iter().map(move |resource| (*verb, *resource)));
        pairs.map(|(verb, resource)| Self { rule, verb, resource, name: name.clone() }).collect()
    }

    async fn ask(&self, client: &Client, namespace: Option<&str>) -> kube::Result<Option<Denied>> {
        let (resource, part) = self.resource.split_once('/').unwrap_or((self.resource, ""));
        let asked = ResourceAttributes {
            group: Some(self.rule.group.to_owned()),
            resource: Some(resource.to_owned()),
            subresource: Some(part.to_owned()).filter(|part| !part.is_empty()),
            verb: Some(self.verb.to_owned()),
            namespace: namespace.map(str::to_owned),
            name: self.name.clone(),
            ..ResourceAttributes::default()
        };
        let spec = SelfSubjectAccessReviewSpec { resource_attributes: Some(asked), ..Default::default() };
        let review = SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() };
        let reviews: Api<SelfSubjectAccessReview> = Api::all(client.clone());
        let answer = reviews.create(&PostParams::default(), &review).await?;
        let is_allowed = answer.status.is_some_and(|status| status.allowed);
        Ok((!is_allowed).then(|| self.denied()))
    }

    fn denied(&self) -> Denied {
        let (resource, part) = self.resource.split_once('/').unwrap_or((self.resource, ""));
        let dot = if self.rule.group.is_empty() { "" } else { "." };
        let slash = if part.is_empty() { "" } else { "/" };
        let name = self.name.as_ref().map(|name| format!(" {name:?}")).unwrap_or_default();
        Denied { verb: self.verb, what: format!("{resource}{dot}{}{slash}{part}{name}", self.rule.group) }
    }
}

/// Asks about every right of these places in one namespace, or (`None`) in the whole cluster. Returns those that are not there.
///
/// Errors: when the API server does not answer.
pub(crate) async fn denied(
    client: &Client,
    places: &[Place],
    namespace: Option<&str>,
    lease_name: &str,
) -> kube::Result<Vec<Denied>> {
    let rules = RULES.iter().filter(|rule| places.contains(&rule.place));
    let questions: Vec<_> = rules.flat_map(|rule| Question::of(rule, lease_name)).collect();
    let answers = futures::stream::iter(&questions).map(|question| question.ask(client, namespace));
    let answers: Vec<Option<Denied>> = answers.buffered(AT_ONCE).try_collect().await?;
    Ok(answers.into_iter().flatten().collect())
}

/// Which kinds may not be listed in a scope. This is found out by listing one object of each, since a reader's question must not be a write: an API
/// server that cannot answer it is no reason to hold anything back.
pub(crate) async fn unlistable(client: &Client, scope: &Scope) -> Vec<Denied> {
    let lists = KINDS.iter().map(|plural| async move {
        let kind = GroupVersionKind::gvk(GROUP, VERSION, plural);
        let kind = ApiResource::from_gvk_with_plural(&kind, plural);
        let api: Api<DynamicObject> = match scope {
            Some(namespace) => Api::namespaced_with(client.clone(), namespace, &kind),
            None => Api::all_with(client.clone(), &kind),
        };
        match api.list_metadata(&ListParams::default().limit(1)).await {
            Err(kube::Error::Api(status)) if status.code == 403 => {
                Some(Denied { verb: "list", what: format!("{plural}.{GROUP}") })
            }
            _ => None,
        }
    });
    futures::future::join_all(lists).await.into_iter().flatten().collect()
}

/// The command that gives this process its rights in a scope.
pub(crate) async fn binding(client: &Client, scope: Option<&str>) -> String {
    let reviews: Api<SelfSubjectReview> = Api::all(client.clone());
    let asked = reviews.create(&PostParams::default(), &SelfSubjectReview::default()).await;
    let user = asked.ok().and_then(|review| review.status?.user_info?.username);
    command(user.as_deref(), scope)
}

fn command(user: Option<&str>, scope: Option<&str>) -> String {
    let user = user.unwrap_or("system:serviceaccount:slipway-system:slipway");
    let account = user.strip_prefix("system:serviceaccount:");
    let subject =
        account.map_or_else(|| format!("--user={user}"), |account| format!("--serviceaccount={account}"));
    match scope {
        Some(namespace) => format!(
            "kubectl -n {namespace} create rolebinding slipway-operator --clusterrole=slipway-operator {subject} (with Helm: name it in the value `namespaces`)"
        ),
        None => {
            format!(
                "kubectl create clusterrolebinding slipway-operator --clusterrole=slipway-operator {subject}"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn denied_rights_are_put_together_by_their_verb() {
        let rule = RULES.iter().find(|rule| rule.which == Which::Lease).unwrap();
        let all: Vec<_> = [&RULES[2], rule].into_iter().flat_map(|rule| Question::of(rule, "mine")).collect();
        let denied: Vec<_> = all.iter().map(Question::denied).collect();
        let said = words(&denied);
        assert!(
            said.starts_with(
                "update baremetalhosts.slipway.dev/status, installprofiles.slipway.dev/status, "
            ),
            "{said}"
        );
        assert!(said.contains("get leases.coordination.k8s.io \"mine\""), "{said}");
        assert_eq!(said.matches("update").count(), 1);
    }

    #[test]
    fn the_command_binds_who_is_denied() {
        let command_of = |user| command(user, Some("b"));
        assert!(
            command_of(Some("system:serviceaccount:own:other")).contains(" --serviceaccount=own:other (")
        );
        assert!(command_of(Some("jo")).contains(" --user=jo ("));
        assert!(command_of(None).contains(" --serviceaccount=slipway-system:slipway ("));
        assert!(command(None, None).contains("clusterrolebinding"));
    }
}
