//! Every BLAKE3 `derive_key` context of this crate; docs/formats/client.md has the same table.

/// Seed of an owner or a tagger → account key seed.
pub(crate) const ACCOUNT: &str = "cess-client v1 account";
/// Owner seed → seed of the key that data keys are encapsulated to.
pub(crate) const READING: &str = "cess-client v1 reading";
/// Owner seed → secret under which sessions' sources are hashed.
pub(crate) const SOURCES: &str = "cess-client v1 sources";
/// Tagger seed → key of the replicas' masks.
pub(crate) const REPLICA: &str = "cess-client v1 replica";
/// Tagger seed → tag key seed.
pub(crate) const TAG: &str = "cess-client v1 tag";
/// Request of an upload → digest by which its session is known.
pub(crate) const REQUEST: &str = "cess-client v1 request";
/// The secret for sources and file salt → key under which a session's source is hashed.
pub(crate) const SOURCE: &str = "cess-client v1 source";
/// Caller's randomness, file and miner → seed of a client's own audit.
pub(crate) const AUDIT: &str = "cess-client v1 audit";
/// Block randomness and order → seed that ranks the candidates of a repair.
pub(crate) const REPAIR: &str = "cess-client v1 repair";
