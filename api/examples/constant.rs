//! The baseline of the HTTP benchmark: an axum handler that returns a constant body.
//!
//! `constant ADDRESS BYTES`

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().ok_or("usage: constant ADDRESS BYTES")?;
    let size: usize = arguments.next().ok_or("usage: constant ADDRESS BYTES")?.parse()?;
    let body = bytes::Bytes::from("x".repeat(size));
    let app = Router::new().fallback(get(async move || ([(CONTENT_TYPE, "application/json")], body)));
    axum::serve(tokio::net::TcpListener::bind(address).await?, app).await?;
    Ok(())
}
