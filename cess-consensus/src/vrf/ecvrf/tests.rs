use super::*;

fn hex(text: &str) -> alloc::vec::Vec<u8> {
    unhex(text)
}

/// RFC 9381, Appendix B.4, examples 19 to 21: SK, PK, alpha, pi, beta.
const VECTORS: [[&str; 5]; 3] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "7d9c633ffeee27349264cf5c667579fc583b4bda63ab71d001f89c10003ab46f14adf9a3cd8b8412d9038531e865c341cafa73589b023d14311c331a9ad15ff2fb37831e00f0acaa6d73bc9997b06501",
        "9d574bf9b8302ec0fc1e21c3ec5368269527b87b462ce36dab2d14ccf80c53cccf6758f058c5b1c856b116388152bbe509ee3b9ecfe63d93c3b4346c1fbc6c54",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "47b327393ff2dd81336f8a2ef10339112401253b3c714eeda879f12c509072ef055b48372bb82efbdce8e10c8cb9a2f9d60e93908f93df1623ad78a86a028d6bc064dbfc75a6a57379ef855dc6733801",
        "38561d6b77b71d30eb97a062168ae12b667ce5c28caccdf76bc88e093e4635987cd96814ce55b4689b3dd2947f80e59aac7b7675f8083865b46c89b2ce9cc735",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "926e895d308f5e328e7aa159c06eddbe56d06846abf5d98c2512235eaa57fdce35b46edfc655bc828d44ad09d1150f31374e7ef73027e14760d42e77341fe05467bb286cc2c9d7fde29120a0b2320d04",
        "121b7f9b9aaaa29099fc04a94ba52784d44eac976dd1a3cca458733be5cd090a7b5fbd148444f17f8daf1fb55cb04b1ae85a626e30a54b4b0f8abf4a43314a58",
    ],
];

fn vectors() -> impl Iterator<Item = (EcvrfSecret, [alloc::vec::Vec<u8>; 5])> {
    VECTORS.iter().map(|vector| {
        let parts = vector.map(hex);
        (EcvrfSecret::from_bytes(&parts[0][..].try_into().unwrap()), parts)
    })
}

#[test]
fn gives_the_vectors_of_appendix_b_4() {
    for (secret, [_, key, alpha, pi, beta]) in vectors() {
        assert_eq!(secret.key().0[..], key[..]);
        let proof = secret.prove(&alpha);
        assert_eq!(proof.0[..], pi[..]);
        assert_eq!(Ecvrf::verify(&secret.key(), &alpha, &proof).unwrap()[..], beta[..]);
    }
}

#[test]
fn refuses_another_input_and_another_key() {
    let all: alloc::vec::Vec<_> = vectors().collect();
    for (secret, [_, _, alpha, pi, _]) in &all {
        let proof = VrfProof(pi[..].try_into().unwrap());
        let verify = |key, input: &[u8]| Ecvrf::verify(&key, input, &proof);
        assert_eq!(verify(secret.key(), b"other"), Err(Error::BadVrfProof));
        for (other, _) in all.iter().filter(|(other, _)| other.key() != secret.key()) {
            assert_eq!(verify(other.key(), alpha), Err(Error::BadVrfProof));
        }
    }
}

/// The canonical encodings of the points of order 1, 2, 4 and 8 (curve25519, torsion of order 8).
const SMALL_ORDER: [&str; 8] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
];

#[test]
fn refuses_keys_of_small_order() {
    for text in SMALL_ORDER {
        let key = VrfKey(hex(text).try_into().unwrap());
        assert_eq!(Ecvrf::check_key(&key), Err(Error::BadVrfKey), "{text}");
    }
}

#[test]
fn refuses_keys_that_are_not_canonical() {
    // y + p for each y below 19, and -0.
    for low in 0..19_u8 {
        for sign in [0x00, 0x80] {
            let mut key = P;
            key[0] = key[0].wrapping_add(low);
            key[31] |= sign;
            assert_eq!(Ecvrf::check_key(&VrfKey(key)), Err(Error::BadVrfKey), "{low}");
        }
    }
    for (low, rest, top) in [(1, 0x00, 0x80), (0xEC, 0xFF, 0xFF)] {
        let mut key = [rest; 32];
        (key[0], key[31]) = (low, top);
        assert!(!is_canonical_point(&key));
        assert_eq!(Ecvrf::check_key(&VrfKey(key)), Err(Error::BadVrfKey));
    }
}

#[test]
fn refuses_keys_off_the_curve() {
    let refused = (0..=255_u8)
        .filter(|low| {
            let mut key = [3; 32];
            key[0] = *low;
            Ecvrf::check_key(&VrfKey(key)).is_err()
        })
        .count();
    assert!((64..192).contains(&refused), "about half of all y: {refused}");
}

#[test]
fn refuses_a_second_encoding_of_a_proof() {
    for (secret, [_, _, alpha, pi, _]) in vectors() {
        // s + q passes `vrf-rfc9381`, which reduces it.
        let mut second: [u8; 80] = pi[..].try_into().unwrap();
        let mut carry = 0;
        for (byte, q) in second[48..].iter_mut().zip(Q) {
            let sum = u16::from(*byte) + u16::from(q) + carry;
            *byte = u8::try_from(sum & 0xFF).unwrap();
            carry = sum >> 8;
        }
        assert_eq!(carry, 0);
        let theirs = EdVrfProof::decode_pi(&second).unwrap();
        assert!(public(&secret.key()).unwrap().verify(&alpha, theirs).is_ok());
        let refused = Ecvrf::verify(&secret.key(), &alpha, &VrfProof(second));
        assert_eq!(refused, Err(Error::BadVrfProof));
    }
}

#[test]
fn refuses_a_gamma_that_is_not_canonical() {
    let (secret, [_, _, alpha, pi, _]) = vectors().next().unwrap();
    let mut proof: [u8; 80] = pi[..].try_into().unwrap();
    proof[..32].copy_from_slice(&P);
    let refused = Ecvrf::verify(&secret.key(), &alpha, &VrfProof(proof));
    assert_eq!(refused, Err(Error::BadVrfProof));
}
