//! Bytes as a challenge, and as a proof: raw, or as edits of a good one. One encoding a value, and
//! no proof but the honest one holds.
#![no_main]

use std::sync::OnceLock;

use cess_podr2::{
    Audit, Challenge, Holding, KeyId, Policy, Proof, Proving, PublicKey, SecretKey, Sectors, verify,
};
use libfuzzer_sys::fuzz_target;

struct Honest {
    public: PublicKey,
    holding: Holding,
    challenge: Challenge,
    proof: Vec<u8>,
}

fn honest() -> &'static Honest {
    static HONEST: OnceLock<Honest> = OnceLock::new();
    HONEST.get_or_init(|| {
        let secret = SecretKey::from_seed(&[7; 32], Sectors::MIN);
        let (public, key) = (secret.public(), secret.proving_key());
        let data = vec![42; 5000];
        let tagged = secret.tag(0, &data).expect("not empty");
        let holding = Holding::from_entries([tagged.fragment.entry()]).expect("one");
        let audit = Audit { chain_id: [1; 32], round: 1, height: 2, prover: [3; 32] };
        let challenge = Challenge::new(audit, &holding, Policy::Every, [4; 32]).expect("one");
        let lookup = |id: &KeyId| (*id == key.key_id()).then_some(&key);
        let mut proving = Proving::new(&challenge, &holding, lookup).expect("its key");
        while let Some(sample) = proving.sample() {
            let at = usize::try_from(sample.block).expect("few");
            let block = data.chunks(Sectors::MIN.block_bytes()).nth(at).expect("in range");
            let tag = tagged.tags.get(sample.block).expect("one each");
            proving.absorb(block, tag).expect("a tag");
        }
        let proof = proving.finish().expect("all answered").to_bytes();
        Honest { public, holding, challenge, proof }
    })
}

fn check(bytes: &[u8], honest: &Honest) {
    let Ok(proof) = Proof::from_bytes(bytes) else { return };
    assert_eq!(proof.to_bytes(), bytes, "two encodings of one proof");
    let lookup = |id: &KeyId| (*id == honest.public.key_id()).then_some(&honest.public);
    let held = verify(&honest.challenge, &honest.holding, lookup, &proof).is_ok();
    assert_eq!(held, bytes == honest.proof, "another proof holds, or the honest one doesn't");
}

fuzz_target!(|data: &[u8]| {
    let honest = honest();
    if let Ok(challenge) = Challenge::from_bytes(data) {
        assert_eq!(challenge.to_bytes(), data, "two encodings of one challenge");
        if challenge.policy().share(challenge.fragments()).fragments < 1000 {
            let _ = challenge.ranks();
        }
    }
    check(data, honest);
    let mut bytes = honest.proof.clone();
    for edit in data.chunks_exact(2) {
        match usize::from(edit[0]) {
            at if at < bytes.len() => bytes[at] ^= edit[1],
            at if at % 2 == 0 => bytes.push(edit[1]),
            _ => drop(bytes.pop()),
        }
    }
    check(&bytes, honest);
});
