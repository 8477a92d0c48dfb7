//! Mutual TLS: machines with certificates of one authority build together, others are refused.

use zhihui_pipeline::build::{BuildOptions, build};
use zhihui_pipeline::cluster::{ClusterOptions, ClusterTls};

use super::comparison::assert_equal_tables;
use super::home::options;
use super::machines::Machines;
use super::union::{AS_OF, filled};

fn machine() -> ClusterTls {
    ClusterTls {
        authority: include_bytes!("certificates/authority.pem").to_vec(),
        certificate: include_bytes!("certificates/machine.pem").to_vec(),
        key: include_bytes!("certificates/machine.key").to_vec(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_of_one_authority_build_together() {
    let (alone, together) = (filled().await, filled().await);
    build(&alone.lake, &options(AS_OF), &|_| {}).await.expect("built in one process");
    let machines = Machines::start(&together.lake, Some(machine()));
    let cluster = Some(machines.options.clone());
    build(&together.lake, &BuildOptions { cluster, ..options(AS_OF) }, &|_| {}).await.expect("built on the cluster");
    assert_equal_tables(&alone, &together).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn others_are_refused() {
    let home = filled().await;
    let machines = Machines::start(&home.lake, Some(machine()));
    let stranger = ClusterTls {
        certificate: include_bytes!("certificates/stranger.pem").to_vec(),
        key: include_bytes!("certificates/stranger.key").to_vec(),
        ..machine()
    };
    for tls in [None, Some(stranger)] {
        let cluster = Some(ClusterOptions { tls, ..machines.options.clone() });
        let refused = build(&home.lake, &BuildOptions { cluster, ..options(AS_OF) }, &|_| {}).await;
        let message = refused.expect_err("not let in").to_string();
        assert!(message.contains("building "), "{message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_none_is_named_before_the_build() {
    let home = filled().await;
    let tls = Some(ClusterTls { key: b"not a key".to_vec(), ..machine() });
    let cluster = Some(ClusterOptions { tls, ..Machines::start(&home.lake, None).options.clone() });
    let refused = build(&home.lake, &BuildOptions { cluster, ..options(AS_OF) }, &|_| {}).await;
    let message = refused.expect_err("not a key").to_string();
    assert!(message.contains("[cluster.tls]"), "{message}");
}
