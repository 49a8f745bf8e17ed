//! The baseline of `cpu.py`: an actix handler that does nothing, on the address given as the only argument.

use actix_web::{App, HttpResponse, HttpServer, web};

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8081".to_owned());
    let app = || App::new().route("/", web::get().to(|| async { HttpResponse::Ok().body("ok") }));
    HttpServer::new(app).workers(2).bind(address)?.run().await
}
