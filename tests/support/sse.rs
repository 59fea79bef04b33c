//! A reader of event streams on a bare socket: it sees comments, ids and the way a stream ends, which clients hide.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use serde_json::Value;

use super::WATCHDOG;

/// An event.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its name.
    pub event: String,
    /// Its id.
    pub id: Option<u32>,
    /// Its data.
    pub data: Value,
    /// When it was read.
    pub at: Instant,
}

impl Event {
    /// The tick that it tells.
    pub fn tick(&self) -> u64 {
        self.data["tick"].as_u64().unwrap_or_else(|| panic!("no tick: {self:?}"))
    }
}

/// What stands between two blank lines.
#[derive(Clone, Debug)]
pub enum Frame {
    /// An event.
    Event(Event),
    /// A comment, which keeps the connection alive.
    Comment(String),
    /// Anything else, for instance `retry`.
    Other(String),
}

/// An open stream.
pub struct Sse {
    /// The head of the answer, in lower case.
    pub head: String,
    /// When it was asked for.
    pub asked: Instant,
    lines: BufReader<Body>,
}

impl Sse {
    /// Asks for a stream and reads the head of the answer.
    pub fn open(addr: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut stream = TcpStream::connect(addr).unwrap();
        stream.set_read_timeout(Some(WATCHDOG)).unwrap();
        let mut request = format!("GET {path} HTTP/1.1\r\nHost: {addr}\r\nAccept: text/event-stream\r\n");
        for (name, value) in headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        let asked = Instant::now();
        stream.write_all(format!("{request}\r\n").as_bytes()).unwrap();
        let mut stream = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert!(stream.read_line(&mut head).unwrap() > 0, "closed within the head: {head}");
        }
        let head = head.to_lowercase();
        assert!(head.contains("transfer-encoding: chunked"), "{head}");
        Self { head, asked, lines: BufReader::new(Body { stream, left: 0, ended: false }) }
    }

    /// The next event, comment or other; `None` when the stream was closed in good order.
    pub fn next_frame(&mut self) -> Option<Frame> {
        let (mut event, mut id, mut data, mut rest) = (String::new(), None, String::new(), String::new());
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line).unwrap() == 0 {
                return None;
            }
            let line = line.trim_end_matches('\n');
            match line.split_once(':').map(|(name, value)| (name, value.strip_prefix(' ').unwrap_or(value))) {
                None if line.is_empty() && data.is_empty() && rest.is_empty() => {}
                None if line.is_empty() && data.is_empty() => return Some(Frame::Other(rest)),
                None if line.is_empty() => {
                    let data = serde_json::from_str(&data).unwrap_or_else(|_| panic!("not JSON: {data}"));
                    return Some(Frame::Event(Event { event, id, data, at: Instant::now() }));
                }
                Some(("", comment)) => return Some(Frame::Comment(comment.to_owned())),
                Some(("event", value)) => event = value.to_owned(),
                Some(("id", value)) => id = Some(value.parse().unwrap()),
                Some(("data", value)) => data.push_str(value),
                _ => rest.push_str(line),
            }
        }
    }

    /// The next event.
    pub fn next_event(&mut self) -> Option<Event> {
        loop {
            if let Frame::Event(event) = self.next_frame()? {
                return Some(event);
            }
        }
    }

    /// Every event until the stream is closed.
    pub fn events(mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.next_event()).collect()
    }
}

/// The body of an answer, taken out of its chunks. A connection that is cut within is an error, not an end.
struct Body {
    stream: BufReader<TcpStream>,
    left: usize,
    ended: bool,
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.left == 0 && !self.ended {
            self.next_chunk()?;
        }
        if self.ended {
            return Ok(0);
        }
        let most = self.left.min(buffer.len());
        let read = self.stream.read(&mut buffer[..most])?;
        self.left -= read;
        if self.left == 0 {
            self.stream.read_exact(&mut [0; 2])?;
        }
        if read == 0 { Err(std::io::ErrorKind::UnexpectedEof.into()) } else { Ok(read) }
    }
}

impl Body {
    fn next_chunk(&mut self) -> Result<()> {
        let mut size = String::new();
        if self.stream.read_line(&mut size)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        self.left = usize::from_str_radix(size.trim(), 16).map_err(std::io::Error::other)?;
        self.ended = self.left == 0;
        Ok(())
    }
}
