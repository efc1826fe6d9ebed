//! What BMCs mean by their messages, judged by the last segment of `MessageId`: registries and their versions differ.

use serde_json::Value;

/// What follows from a message (`facts/metal-peers.md §4.19`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// It worked, or there was nothing to do.
    Success,
    /// Try again soon.
    Busy,
    /// No room; for sessions: use Basic.
    Capacity,
    /// The credentials or the session are no good.
    Login,
    /// The password must be changed first.
    PasswordChange,
    /// The account lacks a privilege.
    Privilege,
    /// The request should have had another form.
    Form,
    /// The machine must be in another power state.
    HostState,
}

const CLASSES: [(&str, Class); 46] = [
    ("Success", Class::Success),
    ("Created", Class::Success),
    ("NoOperation", Class::Success),
    ("PropertyValueModified", Class::Success),
    ("ResourceAlreadyExists", Class::Success),
    ("OperationTransitionedToJob", Class::Success),
    ("TaskStarted", Class::Success),
    ("ServiceTemporarilyUnavailable", Class::Busy),
    ("ResourceInUse", Class::Busy),
    ("ResourceInStandby", Class::Busy),
    ("ServiceInUnknownState", Class::Busy),
    ("ServiceShuttingDown", Class::Busy),
    ("OperationTimeout", Class::Busy),
    ("UpdateInProgress", Class::Busy),
    ("UnableToModifyDuringSystemPOST", Class::Busy),
    ("InvalidOperationForSystemState", Class::Busy),
    ("ActionParameterValueConflict", Class::Busy),
    ("SYS518", Class::Busy),
    ("SYS446", Class::Busy),
    ("JCP001", Class::Busy),
    ("SessionLimitExceeded", Class::Capacity),
    ("RAC0218", Class::Capacity),
    ("CreateLimitReachedForResource", Class::Capacity),
    ("ResourceExhaustion", Class::Capacity),
    ("NoValidSession", Class::Login),
    ("AccessDenied", Class::Login),
    ("ResourceAtUriUnauthorized", Class::Login),
    ("UnauthorizedLoginAttempt", Class::Login),
    ("PasswordChangeRequired", Class::PasswordChange),
    ("InsufficientPrivilege", Class::Privilege),
    ("ActionParameterMissing", Class::Form),
    ("PropertyMissing", Class::Form),
    ("ActionParameterUnknown", Class::Form),
    ("ActionParameterNotSupported", Class::Form),
    ("ActionParameterValueNotInList", Class::Form),
    ("ActionNotSupported", Class::Form),
    ("PropertyUnknown", Class::Form),
    ("PropertyNotWritable", Class::Form),
    ("PropertyNotWriteable", Class::Form),
    ("PropertyValueNotInList", Class::Form),
    ("PropertyValueConflict", Class::Form),
    ("PropertyValueTypeError", Class::Form),
    ("MalformedJSON", Class::Form),
    ("OperationSupportedInFutureStateURI", Class::Form),
    ("ChassisPowerStateOnRequired", Class::HostState),
    ("ChassisPowerStateOffRequired", Class::HostState),
];

/// Last segments of the message ids of an answer, in order; only letters and digits, so that they may be shown.
pub(crate) fn ids(body: &Value) -> Vec<String> {
    let extended = ["/error/@Message.ExtendedInfo", "/@Message.ExtendedInfo"];
    let listed = extended.iter().filter_map(|pointer| body.pointer(pointer)).flat_map(in_list);
    let code = body.pointer("/error/code").and_then(Value::as_str).and_then(short);
    let mut ids: Vec<_> = listed.collect();
    ids.extend(code);
    ids
}

/// Message ids of a list of messages; some BMCs send one message where a list belongs.
pub(crate) fn in_list(value: &Value) -> Vec<String> {
    let one = |message: &Value| message.get("MessageId").and_then(Value::as_str).and_then(short);
    match value {
        Value::Array(messages) => messages.iter().filter_map(one).collect(),
        message => one(message).into_iter().collect(),
    }
}

fn short(id: &str) -> Option<String> {
    let last = id.rsplit('.').next().unwrap_or(id);
    let clean: String = last.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    (!clean.is_empty()).then_some(clean)
}

/// The class of the first message that is known and no success; else success when one said so.
pub(crate) fn class(ids: &[String]) -> Option<Class> {
    let classes =
        || ids.iter().filter_map(|id| CLASSES.iter().find(|(known, _)| known == id)).map(|(_, class)| *class);
    classes().find(|class| *class != Class::Success).or_else(|| classes().next())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Class, class, ids};

    #[test]
    fn registries_and_versions_do_not_matter() {
        for id in [
            "iLO.2.14.UnableToModifyDuringSystemPOST",
            "Base.1.0.ResourceInUse",
            "IDRAC.2.8.SYS518",
            "SYS446",
        ] {
            let body = json!({"error": {"code": "Base.1.0.GeneralError", "@Message.ExtendedInfo": [{"MessageId": id}]}});
            assert_eq!(class(&ids(&body)), Some(Class::Busy), "{id}");
        }
    }

    #[test]
    fn odd_bodies_are_borne() {
        for body in
            [json!(null), json!([1]), json!({"error": 7}), json!({"error": {"@Message.ExtendedInfo": "x"}})]
        {
            assert_eq!(class(&ids(&body)), None);
        }
        let single = json!({"@Message.ExtendedInfo": {"MessageId": "Base.1.8.PasswordChangeRequired"}});
        assert_eq!(class(&ids(&single)), Some(Class::PasswordChange));
    }

    #[test]
    fn trouble_outweighs_success_and_nothing_hostile_is_shown() {
        let body = json!({"@Message.ExtendedInfo": [
            {"MessageId": "Base.1.8.Success"}, {"MessageId": "Base.1.8.PropertyNotWritable"}, {"MessageId": "x.<b>\u{1b}evil</b>"},
        ]});
        assert_eq!(class(&ids(&body)), Some(Class::Form));
        assert_eq!(ids(&body).last().unwrap(), "bevilb");
    }
}
