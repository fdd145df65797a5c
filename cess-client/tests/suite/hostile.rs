//! A chain that answers something else than it has.

use std::sync::Arc;

use cess_client::{At, Chain, ChainError, Client, Error, LocalChain, Receipt, Stored};
use cess_ledger::{AccountId, Answer, Event, Query, SignedCall, Visibility};
use cess_podr2::Policy;

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
    let other = cess_client::Tagger::from_seed(&[6; 32], cess_podr2::Sectors::MIN);
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
    let lies: [fn(&mut Vec<u8>); 4] = [
        |access| access.clear(),
        |access| access.truncate(access.len() - 1),
        |access| access.push(0),
        |access| access[3] ^= 1,
    ];
    for lie in lies {
        let client = lying(&net, move |answer| {
            if let Answer::File(Some(file)) = answer {
                lie(&mut file.access);
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
        let keys = Some((net.world.owner(), net.world.tagger()));
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
