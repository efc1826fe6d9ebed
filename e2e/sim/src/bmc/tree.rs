//! The constant resources: service root, session service, collections, manager, ports (DSP0268).

use super::{Inner, SecondSystem};
use serde_json::{Value, json};

impl Inner {
    pub(super) fn root(&self) -> Value {
        let root = &self.shape.service_root;
        let mut resource = json!({
            "@odata.type": "#ServiceRoot.v1_15_0.ServiceRoot",
            "@odata.id": "/redfish/v1/",
            "Id": "RootService",
            "Name": "Root Service",
            "RedfishVersion": root.redfish_version,
            "Systems": self.link("Systems"),
            "Managers": self.link("Managers"),
            "Links": {},
        });
        if let Some(vendor) = &root.vendor {
            resource["Vendor"] = json!(vendor);
        }
        if let Some(product) = &root.product {
            resource["Product"] = json!(product);
        }
        if let Some(key) = &root.oem_key {
            resource["Oem"] = json!({ key: {} });
        }
        if self.shape.sessions.offered {
            resource["SessionService"] = self.link("SessionService");
            resource["Links"] = json!({"Sessions": self.link("SessionService/Sessions")});
        }
        resource
    }

    pub(super) fn session_service(&self) -> Value {
        json!({
            "@odata.type": "#SessionService.v1_1_8.SessionService",
            "@odata.id": self.path("SessionService"),
            "Id": "SessionService",
            "Name": "Session Service",
            "ServiceEnabled": true,
            "SessionTimeout": self.shape.sessions.timeout.as_secs(),
            "Sessions": self.link("SessionService/Sessions"),
        })
    }

    pub(super) fn sessions(&self) -> Value {
        let ids: Vec<String> = self.gate.lock().sessions().iter().map(|session| session.id.clone()).collect();
        let members: Vec<Value> =
            ids.iter().map(|id| self.link(&format!("SessionService/Sessions/{id}"))).collect();
        self.collection("SessionService/Sessions", "SessionCollection", &members)
    }

    pub(super) fn session(&self, id: &str) -> Value {
        json!({
            "@odata.type": "#Session.v1_5_0.Session",
            "@odata.id": self.path(&format!("SessionService/Sessions/{id}")),
            "Id": id,
            "Name": "User Session",
            "UserName": crate::identity::USERNAME,
        })
    }

    pub(super) fn systems(&self) -> Value {
        let properties = self.properties.lock().clone();
        let mut members = vec![self.link(&format!("Systems/{}", self.system_id()))];
        if properties.second_system.is_some() {
            members.push(self.link(&format!("Systems/{}", self.second_id())));
        }
        let mut collection = self.collection("Systems", "ComputerSystemCollection", &members);
        if properties.null_members {
            collection["Members"] = Value::Null;
        }
        collection
    }

    pub(super) fn managers(&self) -> Value {
        let member = self.link(&format!("Managers/{}", self.manager_id()));
        self.collection("Managers", "ManagerCollection", &[member])
    }

    pub(super) fn manager(&self) -> Value {
        let shape = &self.shape.manager;
        let id = self.manager_id();
        json!({
            "@odata.type": "#Manager.v1_17_0.Manager",
            "@odata.id": self.path(&format!("Managers/{id}")),
            "Id": id,
            "Name": "Manager",
            "ManagerType": "BMC",
            "Model": shape.model,
            "FirmwareVersion": shape.firmware_version,
            "Status": {"State": "Enabled", "Health": "OK"},
            "Links": {"ManagerForServers": [self.link(&format!("Systems/{}", self.system_id()))]},
        })
    }

    pub(super) fn ports(&self) -> Value {
        let base = format!("Systems/{}/EthernetInterfaces", self.system_id());
        let count = self.machine.identity().macs.len();
        let members = (1..=count).map(|number| self.link(&format!("{base}/NIC{number}"))).collect::<Vec<_>>();
        self.collection(&base, "EthernetInterfaceCollection", &members)
    }

    pub(super) fn port(&self, place: usize) -> Value {
        let id = format!("NIC{}", place + 1);
        let mac = self.machine.identity().macs.get(place).cloned().unwrap_or_default();
        json!({
            "@odata.type": "#EthernetInterface.v1_9_0.EthernetInterface",
            "@odata.id": self.path(&format!("Systems/{}/EthernetInterfaces/{id}", self.system_id())),
            "Id": id,
            "Name": "Ethernet Interface",
            // Upper case, as many write it; DSP0268 has both in its pattern.
            "MACAddress": mac.to_uppercase(),
            "PermanentMACAddress": mac.to_uppercase(),
            "LinkStatus": if place == 0 { "LinkUp" } else { "NoLink" },
            "Status": {"State": "Enabled", "Health": "OK"},
        })
    }

    /// The second member of the systems collection, powered on and never moved by a reset.
    pub(super) fn second_system(&self) -> Value {
        let id = self.second_id();
        let path = self.path(&format!("Systems/{id}"));
        let mut resource = json!({
            "@odata.type": "#ComputerSystem.v1_20_0.ComputerSystem",
            "@odata.id": path,
            "Id": id,
            "Name": "Second system",
            "Manufacturer": self.shape.system.manufacturer,
            "SerialNumber": format!("{}B", self.machine.identity().serial),
            "PowerState": "On",
        });
        if self.properties.lock().second_system == Some(SecondSystem::Bootable) {
            resource["UUID"] = json!(self.machine.identity().uuid.replacen("5117a9e0", "5117a9e1", 1));
            resource["Boot"] =
                json!({"BootSourceOverrideEnabled": "Disabled", "BootSourceOverrideTarget": "None"});
            resource["Actions"] = json!({"#ComputerSystem.Reset": {
                "target": format!("{}/Actions/ComputerSystem.Reset", path.trim_end_matches('/')),
                "ResetType@Redfish.AllowableValues": self.shape.reset.allowed,
            }});
        }
        resource
    }

    pub(super) fn link(&self, rest: &str) -> Value {
        json!({"@odata.id": self.path(rest)})
    }

    fn collection(&self, rest: &str, kind: &str, members: &[Value]) -> Value {
        json!({
            "@odata.type": format!("#{kind}.{kind}"),
            "@odata.id": self.path(rest),
            "Name": kind,
            "Members@odata.count": members.len(),
            "Members": members,
        })
    }
}
