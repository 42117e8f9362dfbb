//! What happens when something goes wrong around the program: slow clients, signals, crashes, lost databases.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod client;
mod coherence;
mod crash;
mod outages;
mod retries;
mod shop;
mod shutdown;
mod sockets;
mod starts;
