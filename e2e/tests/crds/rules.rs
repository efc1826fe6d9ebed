//! Every rule of every definition accepts what is right and refuses what is wrong.

use std::collections::BTreeSet;

use anyhow::Context as _;
use kube::api::{Api, DynamicObject, PostParams};
use kube::core::response::StatusCause;
use serde_json::Value;

use crate::case::{Case, cases, resource};
use crate::objects::{control_plane, namespace};

#[tokio::test]
async fn every_rule_accepts_what_is_right_and_refuses_what_is_wrong() -> anyhow::Result<()> {
    let (namespace, _) = namespace("rules").await?;
    let client = control_plane().await?.client().await?;
    let mut failures = Vec::new();
    for case in cases() {
        let objects = Api::namespaced_with(client.clone(), namespace.name(), &resource(case.kind));
        if let Err(failure) = try_case(&objects, &case).await {
            failures.push(format!("{}: {failure:#}", case.name()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    Ok(())
}

async fn try_case(objects: &Api<DynamicObject>, case: &Case) -> anyhow::Result<()> {
    let stored = match &case.before {
        Some(before) => Some(objects.create(&PostParams::default(), &case.object(before)).await?),
        None => None,
    };
    if let Some(accepted) = &case.accepted {
        send(objects, stored.as_ref(), case.object(accepted)).await.with_context(|| format!("{accepted}"))?;
    }
    if let Some(refused) = &case.refused {
        let answer = send(objects, stored.as_ref(), case.object(refused)).await;
        refused_by_its_rule(case, answer).with_context(|| format!("{refused}"))?;
    }
    Ok(())
}

/// A dry run of making the object new, or of putting it in the place of the stored one.
async fn send(
    objects: &Api<DynamicObject>,
    stored: Option<&DynamicObject>,
    mut object: DynamicObject,
) -> kube::Result<DynamicObject> {
    let dry = PostParams { dry_run: true, ..PostParams::default() };
    let Some(stored) = stored else {
        return objects.create(&dry, &object).await;
    };
    object.metadata = stored.metadata.clone();
    let name = stored.metadata.name.clone().unwrap_or_default();
    objects.replace(&name, &dry, &object).await
}

fn refused_by_its_rule(case: &Case, answer: kube::Result<DynamicObject>) -> anyhow::Result<()> {
    let status = match answer {
        Err(kube::Error::Api(status)) => status,
        Err(error) => return Err(error.into()),
        Ok(_) => anyhow::bail!("not refused"),
    };
    let causes: &[StatusCause] = status.details.as_ref().map_or(&[], |details| &details.causes);
    let [only] = causes else { anyhow::bail!("not refused for one cause: {} {causes:?}", status.message) };
    let place = only.field.replace("[0]", "[]");
    anyhow::ensure!(place == case.rule && only.message.contains(case.says), "another cause: {only:?}");
    Ok(())
}

#[tokio::test]
async fn every_rule_has_a_case_that_is_accepted_and_one_that_is_refused() -> anyhow::Result<()> {
    let listed = control_plane().await?.kubectl().ok(&["get", "crd", "-o", "json"]).await?;
    let listed: Value = serde_json::from_str(&listed)?;
    let mut rules = BTreeSet::new();
    for definition in listed["items"].as_array().context("no list")? {
        let spec = &definition["spec"];
        if spec["group"] == "slipway.dev" {
            let kind = spec["names"]["kind"].as_str().context("no kind")?;
            collect(kind, "", &spec["versions"][0]["schema"]["openAPIV3Schema"], &mut rules);
        }
    }
    assert!(rules.len() > 90, "the walk sees {} rules only", rules.len());

    let cases = cases();
    for (kind, path, message) in &rules {
        let own = || {
            cases.iter().filter(|case| case.kind == kind && case.rule == path && message.contains(case.says))
        };
        assert!(own().any(|case| case.accepted.is_some()), "no accepted case: {kind} {path}: {message}");
        assert!(own().any(|case| case.refused.is_some()), "no refused case: {kind} {path}: {message}");
    }
    for case in &cases {
        let owns = |rule: &&(String, String, String)| {
            rule.0 == case.kind && rule.1 == case.rule && rule.2.contains(case.says)
        };
        assert_eq!(rules.iter().filter(owns).count(), 1, "not the case of one rule: {}", case.name());
    }
    Ok(())
}

fn collect(kind: &str, path: &str, schema: &Value, rules: &mut BTreeSet<(String, String, String)>) {
    for rule in schema["x-kubernetes-validations"].as_array().into_iter().flatten() {
        let message = rule["message"].as_str().unwrap_or_default();
        rules.insert((kind.into(), path.trim_start_matches('.').into(), message.into()));
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        collect(kind, &format!("{path}.{name}"), property, rules);
    }
    for (word, end) in [("items", "[]"), ("additionalProperties", "{}")] {
        if schema[word].is_object() {
            collect(kind, &format!("{path}{end}"), &schema[word], rules);
        }
    }
}
