//! Random blocks against a naive model: after each, every balance, escrow, status, holding and
//! challenge is the same in both, a call is taken by both or refused by both for a reason that
//! the model has too, and the tokens are conserved.
#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod calls;
mod compare;
mod driver;
mod naive;
#[path = "../rules/world.rs"]
#[allow(dead_code, reason = "shared with the rules' tests")]
mod world;

use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;

use crate::driver::Stage;

/// Kinds of events, verdicts, statuses and refusals without which the agreement would say little:
/// all that calls and blocks of the right form can bring about. `TooLate` isn't among them, since
/// the begin phase closes what is overdue before any call; the model has no such objection, so a
/// ledger that names it fails here, and `src/rules/tests.rs` reaches it without a begin phase.
const SEEN: &str = "
    AccessChanged Active AskedAgain AuditConcluded AuditNarrowed AuditOpened BadManifest
    BadAccess BadProof BadSignature BadStake BadTagKey BadTerm BidTooLow Cut DealActive DealClosed
    DealExpired DealExtended DealOpened DealSeeded DealStatus DuplicateFragment Exiting Failed
    FileEnded Frozen Gone InsufficientFunds MinerChanged MinerExists MinerStatus Missed
    NoBeaconYet NoSpace NoSuchAudit NoSuchDeal NoSuchFile NoSuchFragment NoSuchMiner NoSuchOrder
    NoSuchTagKey NoSuchTarget NotEnoughNodes NotOwner NotYours Offline OrderClaimed Overflow
    Passed RepairClaimed RepairCompleted RepairOpened RepairReopened RepairSeeded Reported
    SameSegment TagKeyExists TagKeyInUse TagKeyRegistered TagKeyRetired TooLarge TooLong
    TooManyExclusions TooManyKeys Transferred WrongChain WrongEpoch WrongNonce
";

#[test]
fn the_ledger_agrees_with_the_naive_model_after_every_block() {
    let mut stage = Stage::new();
    for seed in 0..40 {
        let mut choices = vec![0; 1000];
        ChaCha12Rng::seed_from_u64(seed).fill_bytes(&mut choices);
        stage.play(&choices);
    }
    let missing: Vec<_> =
        SEEN.split_whitespace().filter(|kind| !stage.seen.contains_key(*kind)).collect();
    assert!(missing.is_empty(), "{missing:?} {:?}", stage.seen);
}
