//! Fails when an encoding moves by accident.

use cess_pre::dem::{Dem, FreshSalt, Part};
use cess_pre::{Condition, ConditionKind, DataKey, SecretKey, Terms, Threshold};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

#[test]
fn format_pins() {
    let mut rng = ChaCha20Rng::seed_from_u64(0xce55);
    let mut hasher = blake3::Hasher::new();
    for (len, header) in [(0_usize, &b""[..]), (1, b"h"), (65_520, b"header"), (140_000, &[7; 300])]
    {
        let key = DataKey::generate(&mut rng);
        let dem = Dem::new(&key, header);
        hasher.update(&dem.commitment().to_bytes());

        let mut parts = vec![Part::last(0)];
        if len > 0 {
            parts.extend([Part::inner(0), Part::inner(u64::MAX), Part::last(3)]);
        }
        for part in parts {
            let salt = FreshSalt::generate(&mut rng);
            hasher.update(&salt.salt().to_bytes());
            let mut data: Vec<u8> = (0..=250).cycle().take(len).collect();
            dem.seal_part(part, salt, &mut data).unwrap();
            hasher.update(&data);
        }

        let meta = &header[..header.len().min(260)];
        hasher.update(&dem.seal_meta(meta, &mut rng).unwrap());
    }
    assert_eq!(
        hasher.finalize().to_hex().as_str(),
        "650d60e14ceb750e380c2da7d80c190d54d92d620acb6fa027e940201d54926c"
    );
}

/// Every object of the key scheme; how secrets are drawn is pinned with it.
#[test]
fn key_scheme_pins() {
    let mut rng = ChaCha20Rng::seed_from_u64(0xce55);
    let [owner, delegatee] = [1, 2].map(|i| SecretKey::from_seed(&[i; 32]));
    let proxies: Vec<SecretKey> = (3..8).map(|i| SecretKey::from_seed(&[i; 32])).collect();
    let keys: Vec<_> = proxies.iter().map(|proxy| proxy.public().clone()).collect();
    let mut pins = Vec::new();
    let mut pin = |name, bytes: &[u8]| {
        pins.push((name, blake3::hash(bytes).to_hex()[..16].to_owned()));
    };
    pin("public key", &owner.public().to_bytes());
    let condition = Condition::new(ConditionKind::Collection, [4; 32], [5; 32], 6);
    pin("condition", &condition.to_bytes());
    let key = DataKey::generate(&mut rng);
    let capsule = owner.public().encapsulate(&key, &condition, &[7; 32], &mut rng).unwrap();
    pin("capsule", &capsule.capsule().to_bytes());
    pin("capsule hash", &capsule.hash());
    let terms = Terms { condition, threshold: Threshold::new(3).unwrap(), not_after: 8 };
    let delegation = owner.delegate(delegatee.public(), &terms, &keys, &mut rng).unwrap();
    let grant = &delegation.grant;
    pin("grant", &grant.grant().to_bytes());
    pin("grant id", grant.id());
    let received = delegatee.receive(grant).unwrap();
    let request = received.request(&delegatee, &capsule, &mut rng).unwrap();
    pin("request", &request.to_bytes());
    let (mut shares, mut receipts, mut answers) = (vec![], vec![], vec![]);
    for (proxy, sealed) in proxies.iter().zip(&delegation.shares) {
        shares.extend(sealed.to_bytes());
        let (share, receipt) = proxy.accept(grant, sealed, &mut rng).unwrap();
        receipts.extend(receipt.to_bytes());
        let answer = proxy.answer(&share, grant, &capsule, &request, 8, &mut rng).unwrap();
        answers.push(answer);
    }
    pin("shares", &shares);
    pin("receipts", &receipts);
    pin("answers", &answers.iter().flat_map(|answer| answer.to_bytes()).collect::<Vec<_>>());
    assert_eq!(received.combine(&capsule, &request, &answers[2..]).key, Ok(key));
    let pins: Vec<(&str, &str)> = pins.iter().map(|(name, pin)| (*name, pin.as_str())).collect();
    assert_eq!(pins, PINS);
}

const PINS: [(&str, &str); 10] = [
    ("public key", "b6c6134567d7ced1"),
    ("condition", "ce44187d7e91e4b8"),
    ("capsule", "fcc4fa9e85a10031"),
    ("capsule hash", "01424a508104475d"),
    ("grant", "e0efc603ce0e8d7b"),
    ("grant id", "4edd02c3ba8d17d4"),
    ("request", "199f364653dbf1f3"),
    ("shares", "649b4015489f56eb"),
    ("receipts", "1b18453788e498b2"),
    ("answers", "3fea94c2da5070e1"),
];
