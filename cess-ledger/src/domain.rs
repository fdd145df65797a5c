//! Every BLAKE3 `derive_key` context of this crate; docs/formats/ledger.md has the same table.

/// Scheme and public key → [`crate::AccountId`].
pub(crate) const ACCOUNT: &str = "cess-ledger v1 account";
/// A call → the digest that its signer signs.
pub(crate) const CALL: &str = "cess-ledger v1 call";
/// Chain, deal, file and tag key → the digest that the tag key's holder signs.
pub(crate) const TAG_DECLARATION: &str = "cess-ledger v1 tag declaration";
/// A manifest → its [`crate::FileId`].
pub(crate) const FILE_ID: &str = "cess-ledger v1 file id";
/// Block randomness and deal → placement seed.
pub(crate) const PLACEMENT_SEED: &str = "cess-ledger v1 placement seed";
/// Placement seed, slot and miner → the miner's lot for that slot.
pub(crate) const PLACEMENT_LOT: &str = "cess-ledger v1 placement lot";
/// Block randomness, height, miner and target → challenge seed.
pub(crate) const AUDIT_SEED: &str = "cess-ledger v1 audit seed";
/// Block randomness, height and order → challenge seed of a repair.
pub(crate) const REPAIR_SEED: &str = "cess-ledger v1 repair seed";
