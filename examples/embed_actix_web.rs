//! civitas inside an actix-web service: `cargo run --release --example embed_actix_web`, then
//! `curl -X POST localhost:8090/what-if/0.1` answers with the adoption rate under that shift of `economy_confidence`.

use std::sync::Arc;

use actix_web::{App, Error, HttpServer, error::ErrorBadRequest, post, web};
use civitas::engine::{Catalogue, RunSpec};
use civitas::store::{DEFAULT_TENANT, SledStore};
use civitas::{NewRun, Runtime, RuntimeConfig};

#[post("/what-if/{delta}")]
async fn what_if(runtime: web::Data<Runtime>, delta: web::Path<f64>) -> Result<String, Error> {
    let mut spec = RunSpec::default();
    spec.variable_deltas.insert("economy_confidence".to_owned(), *delta);
    let run = runtime.submit(NewRun::local("What if", spec)).await.map_err(ErrorBadRequest)?;
    runtime.start_run(DEFAULT_TENANT, run.id).await.map_err(ErrorBadRequest)?;
    runtime.wait(DEFAULT_TENANT, run.id).await.map_err(ErrorBadRequest)?;
    let results = runtime.results(DEFAULT_TENANT, run.id).await.map_err(ErrorBadRequest)?;
    let outcome: serde_json::Value = serde_json::from_slice(&results.outcome_json)?;
    Ok(outcome["outcome_summary"]["adoption_rate"].to_string())
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let store = Arc::new(SledStore::open(folder.path())?);
    let runtime = Runtime::start(RuntimeConfig::default(), store, Catalogue::default()).await?;
    let data = web::Data::new(runtime.clone());
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8090".to_owned());
    let server = HttpServer::new(move || App::new().app_data(data.clone()).service(what_if)).bind(address)?;
    println!("listening on http://{}", server.addrs()[0]);
    server.run().await?;
    runtime.shutdown().await?;
    Ok(())
}
