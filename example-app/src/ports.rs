//! What the shop needs from outside. The real ones log; tests register their own.

use std::sync::Arc;

use framework::{Error, Module, Uuid, async_trait, instance};

/// Sends letters.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Sends one letter to an e-mail address.
    ///
    /// # Errors
    /// When the letter cannot be handed over.
    async fn send(&self, to: &str, text: &str) -> Result<(), Error>;
}

/// Moves money.
#[async_trait]
pub trait PaymentGateway: Send + Sync + 'static {
    /// Charges an amount for an order. The order's id is the key that makes a repetition harmless.
    ///
    /// # Errors
    /// [`Error::ExternalService`] when the gateway fails, a conflict when it declines.
    async fn charge(&self, order: &Uuid, amount_cents: i64) -> Result<(), Error>;

    /// Gives back whatever was charged for an order. Harmless when nothing was, and when repeated.
    ///
    /// # Errors
    /// [`Error::ExternalService`] when the gateway fails.
    async fn refund(&self, order: &Uuid) -> Result<(), Error>;
}

/// Writes letters to the log.
#[derive(Debug, Clone, Copy)]
pub struct LogMailer;

#[async_trait]
impl Mailer for LogMailer {
    async fn send(&self, to: &str, text: &str) -> Result<(), Error> {
        framework::tracing::info!(to, text, "letter");
        Ok(())
    }
}

/// Accepts every payment and writes it to the log.
#[derive(Debug, Clone, Copy)]
pub struct LogPayments;

#[async_trait]
impl PaymentGateway for LogPayments {
    async fn charge(&self, order: &Uuid, amount_cents: i64) -> Result<(), Error> {
        framework::tracing::info!(%order, amount_cents, "payment");
        Ok(())
    }

    async fn refund(&self, order: &Uuid) -> Result<(), Error> {
        framework::tracing::info!(%order, "refund of what was paid");
        Ok(())
    }
}

/// The ports as the container knows them.
pub fn module() -> Module {
    Module::new("ports").add(instance::<dyn Mailer>(Arc::new(LogMailer))).add(instance::<
        dyn PaymentGateway,
    >(Arc::new(
        LogPayments,
    )))
}
