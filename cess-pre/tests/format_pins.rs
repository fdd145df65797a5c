//! Fails when an encoding moves by accident.

use cess_pre::dem::{Dem, FreshSalt, Part};
use cess_pre::{DataKey, OwnerKey, WrappedKey};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

#[test]
fn format_pins() {
    let mut rng = ChaCha20Rng::seed_from_u64(0xce55);
    let mut hasher = blake3::Hasher::new();
    for (len, header) in [(0_usize, &b""[..]), (1, b"h"), (65_520, b"header"), (140_000, &[7; 300])]
    {
        let (owner, key) = (OwnerKey::generate(&mut rng), DataKey::generate(&mut rng));
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
        hasher.update(&WrappedKey::seal(&owner, &key, header, &mut rng).unwrap().to_bytes());
    }
    assert_eq!(
        hasher.finalize().to_hex().as_str(),
        "b631f3d7deabb7a0e6ff91866deccc278880f048e0abe78db144e381f0c9a68e"
    );
}
