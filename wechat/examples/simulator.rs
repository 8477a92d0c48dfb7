//! Serves the simulator without the rest of the program:
//! `cargo run -p zhihui-wechat --example simulator -- ADDRESS FOLLOWERS`.

#![allow(clippy::print_stderr, reason = "a program")]

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use zhihui_wechat::simulator::{Clock, Simulator, SimulatorSettings};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8090".to_owned());
    let clock: Clock = Arc::new(|| {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(since.as_secs()).unwrap_or_default()
    });
    let followers = std::env::args().nth(2).map_or(Ok(120), |text| text.parse())?;
    let settings = SimulatorSettings {
        encoding_aes_key: Some("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG".to_owned()),
        followers,
        ..SimulatorSettings::default()
    };
    let simulator = Simulator::new(settings, clock)?;
    let listener = tokio::net::TcpListener::bind(&address).await?;
    eprintln!("the simulator answers on http://{}/", listener.local_addr()?);
    axum::serve(listener, simulator.router()).await?;
    Ok(())
}
