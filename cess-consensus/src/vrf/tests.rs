use super::*;

#[test]
fn all_implementations_keep_the_contract() {
    conformance(&EcvrfSecret::from_bytes(&[1; 32]), &EcvrfSecret::from_bytes(&[2; 32]));
    let r255 = |byte| {
        let mut scalar = [byte; 32];
        scalar[31] = 0;
        R255Secret::from_bytes(&scalar).unwrap()
    };
    conformance(&r255(1), &r255(2));
    conformance(&IdealSecret::from_bytes(&[1; 32]), &IdealSecret::from_bytes(&[2; 32]));
}

#[test]
fn r255_gives_its_specification_s_vector() {
    // c2sp.org/vrf-r255, test vector.
    let hex = crate::vrf::ecvrf::unhex;
    let scalar = hex("3431c2b03533e280b23232e280b34e2c3132c2b03238e280b23131e280b34500");
    let secret = R255Secret::from_bytes(&scalar.try_into().unwrap()).unwrap();
    let key = hex("54136cd90d99fbd1d4e855d9556efea87ba0337f2a6ce22028d0f5726fcb854e");
    assert_eq!(secret.key().0[..], key[..]);
    let alpha = hex("633273702e6f72672f7672662d72323535");
    let pi = hex(concat!(
        "0a97d961262fb549b4175c5117860f42ae44a123f93c476c439eddd1c0cff926",
        "5c805525233e2284dbed45e593b8eea3",
        "1d5ca9734d72bcbba9738d5237f955f3b2422351149d1312503b6441a47c940c",
    ));
    let beta = hex(concat!(
        "dd653f0879b48c3ef69e13551239bec4cbcc1c18fe8894de2e9e1c790e182736",
        "03bf1c6c25d7a797aeff3c43fd32b974d3fcbd4bcce916007097922a3ea3a794",
    ));
    let proof = secret.prove(&alpha);
    assert_eq!(proof.0[..], pi[..]);
    assert_eq!(R255::verify(&secret.key(), &alpha, &proof).unwrap()[..], beta[..]);
}

#[test]
fn r255_refuses_secrets_out_of_range_and_the_identity() {
    let bad = Error::BadEncoding { what: "vrf secret" };
    for bytes in [[0; 32], [0xFF; 32]] {
        assert_eq!(R255Secret::from_bytes(&bytes).err(), Some(bad));
    }
    for key in [[0; 32], [0xFF; 32]] {
        assert_eq!(R255::check_key(&VrfKey(key)), Err(Error::BadVrfKey));
    }
}

#[test]
fn purposes_chains_seeds_and_rounds_have_inputs_of_their_own() {
    let (a, b) = ([1; 32], [2; 32]);
    let mut inputs = alloc::vec![
        ticket_input(&a, &a, 1),
        ticket_input(&b, &a, 1),
        ticket_input(&a, &b, 1),
        ticket_input(&a, &a, 2),
        contribution_input(&a, &a, 1),
        possession_input(&a, &CandidateId(a)),
        possession_input(&a, &CandidateId(b)),
        possession_input(&b, &CandidateId(a)),
    ];
    inputs.sort();
    inputs.dedup();
    assert_eq!(inputs.len(), 8);
    for (at, input) in inputs.iter().enumerate() {
        for other in &inputs[at + 1..] {
            assert!(!other.starts_with(input) && !input.starts_with(other));
        }
    }
}

#[test]
fn secrets_are_not_shown() {
    let secret = EcvrfSecret::from_bytes(&[0xAB; 32]);
    assert_eq!(alloc::format!("{secret:?}"), "EcvrfSecret { .. }");
}
