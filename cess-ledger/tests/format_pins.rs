//! Fails when an encoding or a derivation moves by accident. Layouts: docs/formats/ledger.md. Who
//! changes a format on purpose gives it new domain tags, and then new pins.

use cess_ledger::{
    Access, AccountId, AccountKey, Action, Block, Candidate, DealId, Exclusion, FileId, Manifest,
    OrderId, Params, Placement, Profile, Section, Segment, SignedCall, State, TAG_FORMAT,
    Visibility, apply, declare_tags, rank,
};

const CHAIN: [u8; 32] = [0xC5; 32];

fn pin(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..32].to_string()
}

fn seeded<const N: usize>(label: &str) -> [u8; N] {
    let mut bytes = [0; N];
    let mut hasher = blake3::Hasher::new_derive_key("cess-ledger pins");
    hasher.update(label.as_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

fn manifest() -> Manifest {
    let fragments = |i: u8| (0..12).map(|j| [i * 16 + j; 32]).collect();
    let segment = |i: u8| Segment { salt: [i; 16], root: [i; 32], fragments: fragments(i) };
    Manifest {
        version: Manifest::VERSION,
        profile: Profile::CESS,
        visibility: Visibility::Private,
        len: 40 << 20,
        salt: seeded("salt"),
        tag_key: seeded("tag key"),
        sectors: 8192,
        commitment: seeded("commitment"),
        segments: vec![segment(1), segment(2)],
        sections: vec![Section { kind: 3, bytes: vec![1, 2, 3] }],
    }
}

fn actions(key: &AccountKey) -> Vec<Action> {
    let manifest = manifest();
    let (deal, file, order) = (DealId(7), manifest.file_id(), OrderId(8));
    let declaration = declare_tags(key, &CHAIN, deal, file, &manifest.tag_key);
    let exclusions = vec![Exclusion { miner: AccountId(seeded("miner")), from_segment: 1 }];
    let stake = 1000;
    let proving_key_hash = seeded("proving key");
    let public = seeded::<196>("key").to_vec();
    vec![
        Action::Transfer { to: key.account(), amount: u128::MAX - 1 },
        Action::RegisterTagKey { format: TAG_FORMAT, key: public, proving_key_hash, stake },
        Action::RetireTagKey { key: seeded("tag key") },
        Action::RegisterMiner { capacity: 1 << 40, endpoint: b"node:1".to_vec() },
        Action::TopUp { amount: 5 },
        Action::Resume,
        Action::Exit,
        Action::OpenDeal {
            profile: Profile::LEAN,
            visibility: Visibility::Public,
            max_len: 9,
            term_ms: 10,
            bid: Some(11),
        },
        Action::CloseDeal {
            deal,
            manifest: manifest.to_bytes(),
            exclusions,
            declaration,
            access: Access::Capsule { owner: [4; 48], capsule: [5; 160] },
        },
        Action::Report { deal, fragments: vec![0, 3, 9] },
        Action::SetAccess { file, epoch: 2, access: Access::Public },
        Action::Answer { round: 3, target: 4, proof: Some(vec![8; 128]) },
        Action::Answer { round: 3, target: 4, proof: None },
        Action::ClaimRepair { order },
        Action::CompleteRepair { order, proof: vec![9; 128] },
    ]
}

#[test]
fn format_pins() {
    let key = AccountKey::from_seed(&seeded("account"));
    let calls: Vec<SignedCall> = (0..)
        .zip(actions(&key))
        .map(|(nonce, action)| SignedCall::sign(&key, CHAIN, nonce, action))
        .collect();
    let block = Block {
        height: 1,
        time: 1_700_000_000_000,
        randomness: seeded("beacon"),
        calls: calls.clone(),
    };
    let mut state = State::genesis(Params::example(CHAIN), 0, [(key.account(), 1 << 90)]).unwrap();
    let genesis = borsh::to_vec(&state).unwrap();
    apply(&mut state, &block).unwrap();
    let nodes: Vec<Candidate> = (0..20u8)
        .map(|i| Candidate { miner: AccountId([i; 32]), free: u64::from(i + 1) << 33 })
        .collect();
    let mut placement = Placement::new(seeded("placement"), Profile::CESS, &nodes);
    let placed: Vec<Vec<AccountId>> = (0..3).map(|_| placement.place(8 << 20).unwrap()).collect();
    let slot = cess_ledger::Slot { segment: 1, replica: 0, shard: 2 };
    let ranked = rank(&seeded("placement"), slot, &nodes);
    let header = Manifest::key_header(&Profile::CESS, Visibility::Private, &seeded("salt"));
    let all_calls: Vec<u8> = calls.iter().flat_map(SignedCall::to_bytes).collect();

    let got = [
        ("account", pin(&key.account().0)),
        ("public key", pin(&borsh::to_vec(&key.public()).unwrap())),
        ("profile", pin(&borsh::to_vec(&Profile::WHITE_PAPER).unwrap())),
        ("manifest", pin(&manifest().to_bytes())),
        ("file id", pin(&manifest().file_id().0)),
        ("key header", pin(&header)),
        ("calls", pin(&all_calls)),
        ("block", pin(&borsh::to_vec(&block).unwrap())),
        ("genesis", pin(&genesis)),
        ("state", pin(&borsh::to_vec(&state).unwrap())),
        ("placement", pin(&borsh::to_vec(&(placed, ranked)).unwrap())),
    ];
    let expected = [
        ("account", "d94335140e1c20708728ebbdf2157236"),
        ("public key", "a835059a96ce874b13fd5dd28d704020"),
        ("profile", "3a5a8dd85303adf06e7f39452934b597"),
        ("manifest", "b9cb4d61afcc95242e77d76b61afbe77"),
        ("file id", "8821084bbe2663c56bd4522fb09b51f5"),
        ("key header", "9afa33482e7b52732b0b539007efd9e0"),
        ("calls", "35cada96e19246968cb32f63274df9da"),
        ("block", "1f3553199920a9ed3668f9ae3153fd2e"),
        ("genesis", "447ba235ed7923396537f4cd6b0d4adf"),
        ("state", "acf609b4f9a8d84f8564e5b775bcefb5"),
        ("placement", "1c1f09f1afd9fc49fe86fc869a1e2ff5"),
    ];
    let got: Vec<(&str, &str)> = got.iter().map(|(name, pin)| (*name, pin.as_str())).collect();
    assert_eq!(got, expected);
    assert_eq!(SignedCall::from_bytes(&calls[8].to_bytes()).unwrap(), calls[8]);
}

#[test]
fn the_account_is_the_documented_derivation() {
    let key = AccountKey::from_seed(&[7; 32]);
    let mut input = vec![0];
    input.extend_from_slice(&key.public().bytes);
    assert_eq!(key.account().0, blake3::derive_key("cess-ledger v1 account", &input));
    let file = blake3::derive_key("cess-ledger v1 file id", &manifest().to_bytes());
    assert_eq!(manifest().file_id(), FileId(file));
}
