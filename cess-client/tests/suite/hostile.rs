//! A chain that answers something else than it has.

use std::sync::Arc;

use cess_client::{
    At, Chain, ChainError, ChainExt, Client, Error, LocalChain, Receipt, Stored, Tagger,
};
use cess_ledger::{Access, AccountId, Action, Answer, Event, File, Query, SignedCall, Visibility};
use cess_podr2::Policy;
use cess_pre::{Condition, DataKey};

use crate::{Net, Nodes, SEGMENT_LEN, get, profile, random, rng};

struct Lying<F>(Arc<LocalChain>, F);

impl<F: Fn(&mut Answer) + Send + Sync> Chain for Lying<F> {
    async fn read(&self, query: &Query) -> Result<At<Answer>, ChainError> {
        let mut at = self.0.read(query).await?;
        self.1(&mut at.value);
        Ok(at)
    }

    async fn submit(&self, call: SignedCall) -> Result<Receipt, ChainError> {
        self.0.submit(call).await
    }

    async fn outcome(
        &self,
        account: &AccountId,
        nonce: u64,
    ) -> Result<Option<([u8; 32], Receipt)>, ChainError> {
        self.0.outcome(account, nonce).await
    }

    async fn events(&self, height: u64) -> Result<Vec<Event>, ChainError> {
        self.0.events(height).await
    }

    async fn wait(&self, height: u64) -> Result<(), ChainError> {
        self.0.wait(height).await
    }
}

fn lying<F: Fn(&mut Answer) + Send + Sync>(net: &Net, lie: F) -> Client<Lying<F>, Nodes> {
    Client::new(Lying(net.world.chain().clone(), lie), net.nodes.clone())
}

async fn stored(visibility: Visibility) -> (Net, Stored) {
    let net = Net::new(4).await;
    let bytes = random(SEGMENT_LEN as usize + 10);
    let stored = net.put(profile(1, 2, 1), visibility, &bytes).await.unwrap();
    (net, stored)
}

#[tokio::test]
async fn refuses_a_manifest_that_does_not_hash_to_its_name() {
    let (net, stored) = stored(Visibility::Public).await;
    let none = Error::NoSuchFile(stored.file);
    let client = lying(&net, |answer| {
        if let Answer::File(Some(file)) = answer {
            file.manifest.salt[0] ^= 1;
        }
    });
    assert_eq!(get(&client, stored.file, None).await, (vec![], Err(none)));
    let client = lying(&net, |answer| {
        if let Answer::File(Some(file)) = answer {
            file.manifest.segments.pop();
        }
    });
    let (got, fetched) = get(&client, stored.file, None).await;
    assert!(got.is_empty() && fetched.is_err(), "{fetched:?}");
}

#[tokio::test]
async fn refuses_a_list_of_fragments_that_is_not_the_manifests() {
    let (net, stored) = stored(Visibility::Public).await;
    let lies: [fn(&mut Vec<cess_ledger::FragmentRecord>); 5] = [
        |records| records.truncate(records.len() - 1),
        |records| records.rotate_left(1),
        |records| records.swap(0, 1),
        |records| records.push(records[0].clone()),
        |records| records[1].info.fragment = records[2].info.fragment,
    ];
    for lie in lies {
        let client = lying(&net, move |answer| {
            if let Answer::Fragments(records) = answer {
                lie(records);
            }
        });
        let wrong = Error::Chain(ChainError::Protocol { asked: "fragments" });
        assert_eq!(get(&client, stored.file, None).await, (vec![], Err(wrong.clone())));
        let audited = client.audit(stored.file, Policy::Every, &mut rng(1), &|_| {}).await;
        assert_eq!(audited, Err(wrong.clone()), "an audit of fewer would hide a loss");
        assert_eq!(client.repair(stored.file, None, &|_| {}).await, Err(wrong));
    }
    let client = lying(&net, |answer| {
        if let Answer::Fragments(records) = answer {
            records.clear();
        }
    });
    let ended = Err(Error::NoSuchFile(stored.file));
    assert_eq!(get(&client, stored.file, None).await, (vec![], ended));
}

#[tokio::test]
async fn refuses_another_tag_key_than_the_manifests() {
    let (net, stored) = stored(Visibility::Public).await;
    let other = cess_client::LocalTagger::from_seed(&[6; 32], cess_podr2::Sectors::MIN);
    let other = other.public().to_bytes().to_vec();
    let client = lying(&net, move |answer| {
        if let Answer::TagKey(Some(key)) = answer {
            key.key = other.clone();
        }
    });
    let audited = client.audit(stored.file, Policy::Every, &mut rng(1), &|_| {}).await;
    assert_eq!(audited, Err(Error::TagKeyMissing));
    let client = lying(&net, |answer| {
        if let Answer::TagKey(key) = answer {
            *key = None;
        }
    });
    let audited = client.audit(stored.file, Policy::Every, &mut rng(1), &|_| {}).await;
    assert_eq!(audited, Err(Error::TagKeyMissing));
    let client = lying(&net, |answer| {
        if let Answer::TagKey(Some(key)) = answer {
            key.key.truncate(5);
        }
    });
    let audited = client.audit(stored.file, Policy::Every, &mut rng(1), &|_| {}).await;
    assert!(matches!(audited, Err(Error::Podr2(_))), "{audited:?}");
}

#[tokio::test]
async fn refuses_a_damaged_access_record() {
    let (net, stored) = stored(Visibility::Private).await;
    let edit = |file: &mut File, which: usize, at: usize| {
        if let Access::Capsule { owner, capsule } = &mut file.access {
            [&mut owner[..], &mut capsule[..]][which][at] ^= 1;
        }
    };
    for (which, at) in [(0, 0), (0, 47), (1, 0), (1, 47), (1, 48), (1, 95), (1, 96), (1, 159)] {
        let client = lying(&net, move |answer| {
            if let Answer::File(Some(file)) = answer {
                edit(file, which, at);
            }
        });
        let (got, fetched) = get(&client, stored.file, Some(net.world.owner())).await;
        assert_eq!((got, fetched), (vec![], Err(Error::WrongKey)));
    }
    let lies: [fn(&mut File); 2] = [|file| file.access = Access::Public, |file| file.epoch += 1];
    for lie in lies {
        let client = lying(&net, move |answer| {
            if let Answer::File(Some(file)) = answer {
                lie(file);
            }
        });
        let (got, fetched) = get(&client, stored.file, Some(net.world.owner())).await;
        assert_eq!((got, fetched), (vec![], Err(Error::WrongKey)));
    }
}

#[tokio::test]
async fn refuses_orders_of_fragments_that_the_file_does_not_have() {
    let (net, stored) = stored(Visibility::Public).await;
    let record = net.records(stored.file)[0].clone();
    for index in [1, 1000, u32::MAX] {
        let mut info = record.info.clone();
        info.index = index;
        let from = record.miner;
        let client = lying(&net, move |answer| {
            if let Answer::Orders(orders) = answer {
                let order = cess_ledger::Order { info: info.clone(), from, bounty: 1, claim: None };
                orders.push((cess_ledger::OrderId(0), order));
            }
        });
        let keys = Some(net.world.tagger() as &dyn Tagger);
        let repaired = client.repair(stored.file, keys, &|_| {}).await.unwrap();
        assert_eq!((repaired.completed.len(), repaired.open.len()), (0, 1));
        let error = &repaired.open[0].1;
        let expected = matches!(
            error,
            Error::Chain(ChainError::Protocol { asked: "orders" })
                | Error::Profile(cess_ledger::Error::NoSuchFragment { .. })
        );
        assert!(expected, "{error:?}");
    }
}

#[tokio::test]
async fn refuses_the_answer_to_another_question() {
    let (net, stored) = stored(Visibility::Public).await;
    let client = lying(&net, |answer| *answer = Answer::Price(1));
    let wrong = Error::Chain(ChainError::Protocol { asked: "file" });
    assert_eq!(get(&client, stored.file, None).await, (vec![], Err(wrong)));
}

#[tokio::test]
async fn a_second_data_key_for_a_file_is_refused_by_the_commitment() {
    let (net, stored) = stored(Visibility::Private).await;
    let (owner, chain) = (net.world.owner(), net.world.chain());
    let chain_id = chain.head().await.unwrap().chain_id;
    let set = |key: DataKey, epoch| {
        let reading = owner.reading().public();
        let condition = Condition::file(chain_id, stored.file.0, epoch);
        let capsule = reading.encapsulate(&key, &condition, &stored.file.0, &mut rng(9)).unwrap();
        let capsule = capsule.capsule().to_bytes();
        let access = Access::Capsule { owner: reading.encryption_key(), capsule };
        chain.act(owner.account(), Action::SetAccess { file: stored.file, epoch, access })
    };
    let public = owner.reading().public();
    let kept = net.client.capsule(stored.file, public).await.unwrap().unwrap();
    let right = owner.reading().open(&kept).unwrap();
    // Everything about the new record is in order, but for the key in it.
    set(DataKey::generate(&mut rng(8)), 1).await.unwrap();
    assert!(net.client.capsule(stored.file, public).await.unwrap().is_some());
    let (got, fetched) = get(&net.client, stored.file, Some(owner)).await;
    assert_eq!((got, fetched), (vec![], Err(Error::WrongKey)));
    set(right, 2).await.unwrap();
    let (got, fetched) = get(&net.client, stored.file, Some(owner)).await;
    assert_eq!((got.len() as u64, fetched.is_ok()), (stored.len, true));
}

#[tokio::test]
async fn the_capsule_on_the_ledger_is_what_is_granted_to_others() {
    let (net, stored) = stored(Visibility::Private).await;
    let owner = net.world.owner().reading();
    let other = cess_pre::SecretKey::from_seed(&[9; 32]);
    let refused = net.client.capsule(stored.file, other.public()).await;
    assert_eq!(refused, Err(Error::WrongKey));
    let capsule = net.client.capsule(stored.file, owner.public()).await.unwrap().unwrap();
    assert_eq!(*capsule.label(), stored.file.0);

    let proxies = [7u8, 8].map(|i| cess_pre::SecretKey::from_seed(&[i; 32]));
    let keys = proxies.each_ref().map(|proxy| proxy.public().clone());
    let (condition, threshold) = (*capsule.condition(), cess_pre::Threshold::new(2).unwrap());
    let terms = cess_pre::Terms { condition, threshold, not_after: 9 };
    let shared = owner.delegate(other.public(), &terms, &keys, &mut rng(1)).unwrap();
    let received = other.receive(&shared.grant).unwrap();
    let request = received.request(&other, &capsule, &mut rng(2)).unwrap();
    let answers: Vec<_> = proxies
        .iter()
        .zip(&shared.shares)
        .map(|(proxy, sealed)| {
            let (share, _) = proxy.accept(&shared.grant, sealed, &mut rng(3)).unwrap();
            proxy.answer(&share, &shared.grant, &capsule, &request, 1, &mut rng(4)).unwrap()
        })
        .collect();
    let combined = received.combine(&capsule, &request, &answers);
    assert_eq!(combined.key, Ok(owner.open(&capsule).unwrap()));
    assert_eq!(net.client.capsule(public_file(&net).await, owner.public()).await, Ok(None));
}

async fn public_file(net: &Net) -> cess_ledger::FileId {
    net.put(profile(1, 2, 1), Visibility::Public, &random(10)).await.unwrap().file
}

/// The first segment of a file as a file of its own: its manifest has a name, its capsule opens, its
/// fragments are where they are said to be. Only the end is missing.
async fn cut_off(net: &Net, stored: &Stored) -> (File, Vec<cess_ledger::FragmentRecord>) {
    let owner = net.world.owner().reading();
    let whole = net.client.capsule(stored.file, owner.public()).await.unwrap().unwrap();
    let key = owner.open(&whole).unwrap();
    let mut file = net.world.chain().with_state(|s| s.file(&stored.file).unwrap().clone());
    file.manifest.segments.truncate(1);
    file.manifest.len = file.manifest.profile.payload_len(Visibility::Private);
    let id = file.manifest.file_id();
    let condition = Condition::file(whole.condition().ledger(), id.0, 0);
    let capsule = owner.public().encapsulate(&key, &condition, &id.0, &mut rng(5)).unwrap();
    let capsule = capsule.capsule().to_bytes();
    file.access = Access::Capsule { owner: owner.public().encryption_key(), capsule };
    let mut records = net.records(stored.file);
    records.truncate(file.manifest.profile.fragments_per_segment());
    records.iter_mut().for_each(|record| record.info.file = id);
    (file, records)
}

async fn range<C: Chain>(
    client: &Client<C, Nodes>,
    id: cess_ledger::FileId,
    owner: Option<&cess_client::Owner>,
) -> (usize, Result<u64, Error>) {
    let mut sink = Vec::new();
    let got = client.get_range(id, owner, 3..10, &mut sink, &|_| {}).await;
    (sink.len(), got.map(|fetched| fetched.len))
}

#[tokio::test]
async fn a_range_read_over_a_cut_off_file_is_refused() {
    let (net, stored) = stored(Visibility::Private).await;
    let owner = Some(net.world.owner());
    assert_eq!(range(&net.client, stored.file, owner).await, (7, Ok(7)));

    let (file, records) = cut_off(&net, &stored).await;
    let id = file.manifest.file_id();
    let client = lying(&net, move |answer| match answer {
        Answer::File(answered) => *answered = Some(file.clone()),
        Answer::Fragments(answered) => *answered = records.clone(),
        _ => {}
    });
    // Under its own name the cut shows in the segment that should end the file and doesn't …
    assert_eq!(range(&client, id, owner).await, (0, Err(Error::Inconsistent { segment: 0 })));
    let (got, fetched) = get(&client, id, owner).await;
    assert_eq!((got, fetched), (vec![], Err(Error::Inconsistent { segment: 0 })));
    // … and under the whole file's name in the manifest.
    assert_eq!(range(&client, stored.file, owner).await, (0, Err(Error::NoSuchFile(stored.file))));
}
