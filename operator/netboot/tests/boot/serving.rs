//! The service on a real socket.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};

use crate::rig::{Rig, soon};

async fn exchange(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn it_serves_http_until_it_is_told_to_stop() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let service = rig.service.clone();
    let server = tokio::spawn(async move {
        let shutdown = async move {
            stopped.await.ok();
        };
        service.serve(listener, shutdown).await
    });
    let mut stream = soon(TcpStream::connect(address)).await.unwrap();
    let request =
        "GET //boot.ipxe HTTP/1.1\r\nHost: x\r\nUser-Agent: iPXE/1.0.0+\r\nConnection: close\r\n\r\n";
    let answer = soon(exchange(&mut stream, request)).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.contains("\r\n\r\n#!ipxe\n"), "{answer}");
    let lower = answer.to_lowercase();
    assert!(lower.contains("content-length:") && !lower.contains("transfer-encoding"), "{answer}");

    let mut stream = soon(TcpStream::connect(address)).await.unwrap();
    let request = "HEAD /v1/script?mac=525400000007 HTTP/1.0\r\n\r\n";
    let answer = soon(exchange(&mut stream, request)).await;
    assert!(answer.starts_with("HTTP/1.0 200 OK\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");

    stop.send(()).unwrap();
    soon(server).await.unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}
