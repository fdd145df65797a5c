use super::*;
use crate::SecretKey;

/// With the weights known before the powers, errors could be chosen that cancel.
#[test]
fn weights_are_drawn_from_key_and_powers() {
    let proving = SecretKey::from_seed(&[7; 32], Sectors::MIN).proving_key();
    let mut hasher = blake3::Hasher::new_derive_key("cess-podr2 v1 key check");
    hasher.update(proving.key_id().as_bytes()).update(&proving.to_bytes());
    let mut reader = hasher.finalize_xof();
    let weights = proving.weights();
    assert_eq!(weights.len(), 63);
    for weight in weights {
        let mut expected = [0; 16];
        reader.fill(&mut expected);
        assert_eq!(weight, u128::from_le_bytes(expected));
    }
}
