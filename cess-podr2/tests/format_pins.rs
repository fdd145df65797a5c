//! Fails when an encoding or a derivation moves: then the format version must move too.

use cess_podr2::post::{Link, Outcome, Window};
use cess_podr2::replica::{MaskKey, ReplicaKey};
use cess_podr2::{Audit, Challenge, Holding, Policy, Proving, SecretKey, Sectors};

fn pin(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex()[..32].to_string()
}

#[test]
fn format_pins() {
    let sectors = Sectors::new(64).unwrap();
    let secrets = [[1; 32], [2; 32]].map(|seed| SecretKey::from_seed(&seed, sectors));
    let data: Vec<u8> = (0..9000_u32).flat_map(u32::to_le_bytes).collect();
    let tagged = secrets.each_ref().map(|secret| secret.tag(5, &data).unwrap());
    let provings = secrets.each_ref().map(SecretKey::proving_key);
    let holding = Holding::from_entries(tagged.iter().map(|t| t.fragment.entry())).unwrap();
    let audit = Audit { chain_id: [3; 32], round: 4, height: 5, prover: [6; 32] };
    let prove = |policy| {
        let challenge = Challenge::new(audit, &holding, policy, [7; 32]).unwrap();
        let lookup = |id: &_| provings.iter().find(|proving| proving.key_id() == *id);
        let mut proving = Proving::new(&challenge, &holding, lookup).unwrap();
        while let Some(sample) = proving.sample() {
            let tagged = tagged.iter().find(|t| t.name() == sample.entry.name()).unwrap();
            let at = usize::try_from(sample.block).unwrap();
            let block = data.chunks(sectors.block_bytes()).nth(at).unwrap();
            proving.absorb(block, tagged.tags.get(sample.block).unwrap()).unwrap();
        }
        (challenge, proving.finish().unwrap().to_bytes())
    };
    let (every, every_proof) = prove(Policy::Every);
    let window = Policy::Window { windows: 1.try_into().unwrap(), samples: 9.try_into().unwrap() };
    let (window, window_proof) = prove(window);
    let half = Policy::Window { windows: 2.try_into().unwrap(), samples: 9.try_into().unwrap() };
    let half = Challenge::new(audit, &holding, half, [7; 32]).unwrap();
    let mut masked = vec![0; 1000];
    let mask = ReplicaKey::from_bytes(&[8; 32]).mask_key(&[9; 32], 1);
    mask.apply(2, &[10; 32], 100, &mut masked).unwrap();
    let mut public = vec![0; 1000];
    MaskKey::public(&[9; 32]).apply(2, &[10; 32], 0, &mut public).unwrap();

    let start = Link::start(&[3; 32], &[6; 32], 11);
    let closing = Window { challenge: window, deadline: 12 };
    let answered = closing.answered(&window_proof, 11).unwrap();

    let got = [
        ("public key", pin(&secrets[0].public().to_bytes())),
        ("key id", pin(secrets[0].public().key_id().as_bytes())),
        ("proving key", pin(&provings[0].to_bytes())),
        ("name", pin(tagged[0].name().as_bytes())),
        ("tags", pin(tagged[0].tags.as_bytes())),
        ("holding root", pin(&holding.root())),
        ("challenge every", pin(&every.to_bytes())),
        ("challenge window", pin(&window.to_bytes())),
        ("proof every", pin(&every_proof)),
        ("proof window", pin(&window_proof)),
        ("opening every", pin(&holding.open(&every).unwrap().to_bytes())),
        ("opening window", pin(&holding.open(&half).unwrap().to_bytes())),
        ("post start", pin(start.as_bytes())),
        ("post missed", pin(start.extend(&closing, Outcome::Missed).as_bytes())),
        ("post answered", pin(start.extend(&closing, answered).as_bytes())),
        ("replica mask", pin(&masked)),
        ("public mask", pin(&public)),
    ];
    let expected: [(&str, &str); 17] = [
        ("public key", "1ea0b613db43f837ee45666d1a27466b"),
        ("key id", "d340e3eefc0adaa4678abfc5e18003b8"),
        ("proving key", "74373f2b19d543288bef2747058fa36d"),
        ("name", "3014966443d63354a41460b249356deb"),
        ("tags", "1c13bc293536d120f6043f466b197b06"),
        ("holding root", "6184c72bf96e56ff00946d051dea9a4d"),
        ("challenge every", "032c253a5022d800279298e730dc72f5"),
        ("challenge window", "ae91fec037fb19f91c9e948c4e8c78b5"),
        ("proof every", "3a37198718085d010246c7a9ddacf0ea"),
        ("proof window", "248000b4d26ae768d863e832dc1741f1"),
        ("opening every", "db3e1caa60b4a9a28bd729584932c36e"),
        ("opening window", "4d8bdc280110328ae89522093df36c34"),
        ("post start", "7eb3bc30cdf594d80ac1e623702917bc"),
        ("post missed", "f5a37101d4883e79bec9f153e1948289"),
        ("post answered", "756d64d8d18e9e492104897a50a4df49"),
        ("replica mask", "2e66da13015fe8745f7102a7b61a1c12"),
        ("public mask", "f14daad325a2ce3a4f33e55538554d56"),
    ];
    let got: Vec<(&str, &str)> = got.iter().map(|(name, pin)| (*name, pin.as_str())).collect();
    assert_eq!(got, expected);
}
