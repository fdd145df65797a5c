use subtle::ConstantTimeEq;

use cess_podr2::{Error, ProvingKey, PublicKey, SecretKey, Sectors, What};

use crate::world::sectors;

/// r, little-endian.
fn order() -> [u8; 32] {
    let limbs: [u64; 4] = [
        0xffff_ffff_0000_0001,
        0x53bd_a402_fffe_5bfe,
        0x3339_d808_09a1_d805,
        0x73ed_a753_299d_7d48,
    ];
    limbs.map(u64::to_le_bytes).concat().try_into().unwrap()
}

#[test]
fn secret_keys_come_back_from_their_bytes() {
    let key = SecretKey::from_seed(&[7; 32], sectors());
    let bytes = key.to_bytes();
    let again = SecretKey::from_bytes(&bytes[..]).unwrap();
    assert!(bool::from(key.ct_eq(&again)));
    assert_eq!((again.to_bytes(), again.public()), (bytes, key.public()));
    let data = [3; 5000];
    assert_eq!(again.tag(1, &data), key.tag(1, &data));
    let other = SecretKey::from_seed(&[8; 32], sectors());
    let wide = SecretKey::from_seed(&[7; 32], Sectors::new(128).unwrap());
    assert!(!bool::from(key.ct_eq(&other)) && !bool::from(key.ct_eq(&wide)));
}

#[test]
fn refuses_malformed_secret_keys() {
    let good = SecretKey::from_seed(&[7; 32], sectors()).to_bytes();
    let what = What::SecretKey;
    let refused = |bytes: &[u8]| SecretKey::from_bytes(bytes).map(|key| key.public()).unwrap_err();
    for len in [0, 32, 64, 67, 69] {
        let mut wrong = good.to_vec();
        wrong.resize(len, 1);
        assert_eq!(refused(&wrong), Error::Length { what, expected: 68, got: len as u64 });
    }
    for (index, at) in [(0, 0), (1, 32)] {
        for scalar in [[0; 32], order(), [255; 32]] {
            let mut wrong = *good;
            wrong[at..at + 32].copy_from_slice(&scalar);
            assert_eq!(refused(&wrong), Error::Scalar { what, index });
        }
        let mut largest = *good;
        largest[at..at + 32].copy_from_slice(&order());
        largest[at] -= 1;
        assert!(SecretKey::from_bytes(&largest).is_ok());
    }
    let mut wrong = *good;
    wrong[64] = 65;
    assert_eq!(refused(&wrong), Error::Sectors { got: 65 });
}

#[test]
fn public_keys_come_back_from_their_bytes() {
    let key = SecretKey::from_seed(&[7; 32], sectors()).public();
    assert_eq!(PublicKey::from_bytes(&key.to_bytes()), Ok(key.clone()));
    assert_eq!(PublicKey::LEN, 196);
    assert_eq!(key.sectors(), sectors());
}

#[test]
fn refuses_malformed_public_keys() {
    let good = SecretKey::from_seed(&[7; 32], sectors()).public().to_bytes();
    let what = What::PublicKey;
    for len in [0, 192, 195, 197] {
        let mut wrong = good.to_vec();
        wrong.resize(len, 0);
        let error = Error::Length { what, expected: 196, got: len as u64 };
        assert_eq!(PublicKey::from_bytes(&wrong), Err(error));
    }
    for (at, index) in [(0, 0), (96, 1)] {
        for flags in [good[at] & 0x1f, good[at] | 0x40, 0xe0] {
            let mut wrong = good;
            wrong[at] = flags;
            assert_eq!(PublicKey::from_bytes(&wrong), Err(Error::Point { what, index }));
        }
    }
    let mut wrong = good;
    wrong[192] = 65;
    assert_eq!(PublicKey::from_bytes(&wrong), Err(Error::Sectors { got: 65 }));
}

#[test]
fn the_id_binds_the_number_of_sectors() {
    let key = SecretKey::from_seed(&[7; 32], sectors()).public();
    let wide = SecretKey::from_seed(&[7; 32], Sectors::new(128).unwrap()).public();
    assert_eq!(key.to_bytes()[..192], wide.to_bytes()[..192]);
    assert_ne!(key.key_id(), wide.key_id());
}

#[test]
fn proving_keys_come_back_from_their_bytes() {
    let secret = SecretKey::from_seed(&[7; 32], sectors());
    let proving = secret.proving_key();
    let bytes = proving.to_bytes();
    assert_eq!(bytes.len(), ProvingKey::encoded_len(sectors()));
    assert_eq!(ProvingKey::from_bytes(&bytes, &secret.public()), Ok(proving.clone()));
    assert_eq!(proving.check(&secret.public()), Ok(()));
    assert_eq!(proving.hash(), *blake3::hash(&bytes).as_bytes());
}

#[test]
fn proving_keys_belong_to_one_public_key() {
    let (mine, theirs) =
        (SecretKey::from_seed(&[7; 32], sectors()), SecretKey::from_seed(&[8; 32], sectors()));
    let (expected, got) = (theirs.public().key_id(), mine.public().key_id());
    let verdict = mine.proving_key().check(&theirs.public());
    assert_eq!(verdict, Err(Error::KeyMismatch { expected, got }));
    let verdict = ProvingKey::from_bytes(&mine.proving_key().to_bytes(), &theirs.public());
    assert_eq!(verdict, Err(Error::ProvingKey { key: expected }));
}

#[test]
fn every_error_has_a_hint() {
    for error in [Error::Tags, Error::Proof, Error::EmptyFragment, Error::Share { got: 0 }] {
        assert!(!error.hint().is_empty());
        assert!(!error.to_string().ends_with('.'));
    }
}
