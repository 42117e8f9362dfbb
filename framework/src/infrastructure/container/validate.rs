//! Finds the faults of the wiring from the declared needs.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};

use super::{ContainerError, Registration};

type Services = HashMap<TypeId, Registration>;

/// Missing, cyclic and captive dependencies, in the order of the services' names.
pub(super) fn faults(services: &Services) -> Vec<ContainerError> {
    let mut roots: Vec<&Registration> = services.values().collect();
    roots.sort_by_key(|registration| registration.name);
    let mut walk =
        Walk { services, path: Vec::new(), finished: HashSet::new(), faults: Vec::new() };
    for root in roots {
        walk.visit(root);
    }
    walk.faults
}

/// A walk in depth: a service on the path that is met again closes a circle.
struct Walk<'a> {
    services: &'a Services,
    path: Vec<&'a Registration>,
    finished: HashSet<TypeId>,
    faults: Vec<ContainerError>,
}

impl<'a> Walk<'a> {
    fn visit(&mut self, registration: &'a Registration) {
        if self.finished.contains(&registration.id) {
            return;
        }
        if let Some(start) = self.path.iter().position(|above| above.id == registration.id) {
            let circle = self.path.iter().skip(start).map(|above| above.name);
            let chain = circle.chain([registration.name]).collect();
            self.faults.push(ContainerError::Cycle { chain });
            return;
        }
        self.path.push(registration);
        for (id, name) in registration.needs.iter() {
            match self.services.get(id) {
                None => {
                    let chain = self.chain(name);
                    self.faults.push(ContainerError::Missing { chain });
                }
                Some(need) => {
                    if registration.is_singleton() && need.is_transient() {
                        let chain = self.chain(name);
                        self.faults.push(ContainerError::Captive { chain });
                    }
                    self.visit(need);
                }
            }
        }
        self.path.pop();
        self.finished.insert(registration.id);
    }

    fn chain(&self, end: &'static str) -> Vec<&'static str> {
        self.path.iter().map(|above| above.name).chain([end]).collect()
    }
}
