//! Paths of one BMC's tree.

/// A resource that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Resource {
    Root,
    SessionService,
    Sessions,
    Session(String),
    Systems,
    System,
    SecondSystem,
    Settings,
    ResetActionInfo,
    Reset,
    SecondReset,
    SystemPorts,
    SystemPort(usize),
    Managers,
    Manager,
    Unknown,
}

impl super::Inner {
    pub(super) fn system_id(&self) -> String {
        self.shape.system.id.replace("{uuid}", &self.machine.identity().uuid)
    }

    pub(super) fn manager_id(&self) -> String {
        self.shape.manager.id.replace("{uuid}", &self.machine.identity().uuid)
    }

    pub(super) fn second_id(&self) -> String {
        format!("{}-second", self.system_id())
    }

    /// A path as `@odata.id` has it.
    pub(super) fn path(&self, rest: &str) -> String {
        let slash = if self.shape.trailing_slash { "/" } else { "" };
        format!("/redfish/v1/{rest}{slash}")
    }

    pub(super) fn system_path(&self) -> String {
        self.path(&format!("Systems/{}", self.system_id()))
    }

    pub(super) fn route(&self, path: &str) -> Resource {
        let Some(rest) = path.strip_prefix("/redfish/v1") else {
            return Resource::Unknown;
        };
        let segments: Vec<&str> = rest.split('/').filter(|segment| !segment.is_empty()).collect();
        match segments.as_slice() {
            [] => Resource::Root,
            ["SessionService", rest @ ..] if self.shape.sessions.offered => session_route(rest),
            ["Systems"] => Resource::Systems,
            ["Systems", id, rest @ ..] if *id == self.system_id() => self.system_route(rest),
            ["Systems", id, rest @ ..] if *id == self.second_id() => self.second_route(rest),
            ["Managers"] => Resource::Managers,
            ["Managers", id] if *id == self.manager_id() => Resource::Manager,
            _ => Resource::Unknown,
        }
    }

    fn system_route(&self, rest: &[&str]) -> Resource {
        match rest {
            [] => Resource::System,
            ["ResetActionInfo"] if self.shape.reset.action_info => Resource::ResetActionInfo,
            ["Actions", "ComputerSystem.Reset"] => Resource::Reset,
            ["EthernetInterfaces"] => Resource::SystemPorts,
            ["EthernetInterfaces", port] => {
                let number = port.strip_prefix("NIC").and_then(|digits| digits.parse::<usize>().ok());
                let known = number.filter(|number| (1..=self.machine.identity().macs.len()).contains(number));
                known.map_or(Resource::Unknown, |number| Resource::SystemPort(number - 1))
            }
            [name] if self.shape.boot.settings_object.as_deref() == Some(name) => Resource::Settings,
            _ => Resource::Unknown,
        }
    }

    fn second_route(&self, rest: &[&str]) -> Resource {
        use super::SecondSystem::Bootable;
        match (self.properties.lock().second_system, rest) {
            (Some(_), []) => Resource::SecondSystem,
            (Some(Bootable), ["Actions", "ComputerSystem.Reset"]) => Resource::SecondReset,
            _ => Resource::Unknown,
        }
    }
}

fn session_route(rest: &[&str]) -> Resource {
    match rest {
        [] => Resource::SessionService,
        ["Sessions"] => Resource::Sessions,
        ["Sessions", id] => Resource::Session((*id).to_owned()),
        _ => Resource::Unknown,
    }
}
