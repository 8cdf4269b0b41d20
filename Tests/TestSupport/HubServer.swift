import Foundation
import Synchronization

/// A server on 127.0.0.1 that answers each question as it is told, and remembers them.
package final class HubServer: Sendable {
  package struct Request: Sendable {
    /// With its query.
    package var path: String
    /// By their names in small letters.
    package var headers: [String: String]

    /// The byte that is asked for first.
    package var first: Int {
      headers["range"].flatMap { $0.wholeMatch(of: /bytes=([0-9]+)-[0-9]*/) }
        .flatMap { Int($0.output.1) } ?? 0
    }
  }

  package struct Answer: Sendable {
    package var status = 200
    package var headers: [(String, String)] = []
    package var body = Data()
    /// What is said to be the length of the body, if that is not true.
    package var announced: Int?
    /// After how many bytes the line is cut.
    package var cut: Int?
    /// Seconds before the body.
    package var pause = 0.0

    package init(
      _ status: Int = 200, _ body: Data = Data(), headers: [(String, String)] = []
    ) {
      (self.status, self.body, self.headers) = (status, body, headers)
    }

    /// A file, or the rest of it where that is asked for.
    package static func file(_ data: Data, _ request: Request) -> Answer {
      guard request.first > 0 else { return Answer(200, data) }
      guard request.first < data.count else { return Answer(416) }
      return Answer(
        206, data.dropFirst(request.first),
        headers: [("Content-Range", "bytes \(request.first)-\(data.count - 1)/\(data.count)")])
    }
  }

  package let port: UInt16
  package var endpoint: String { "http://127.0.0.1:\(port)" }
  package var requests: [Request] { log.requests.withLock { $0 } }

  private final class Log: Sendable { let requests = Mutex<[Request]>([]) }

  private let log = Log()
  private let listener: Int32

  package init(_ answer: @escaping @Sendable (Request) -> Answer) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.listener = listener
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, length) == 0 && listen(listener, 16) == 0
          && getsockname(listener, $0, &length) == 0
      }
    }
    guard isBound else { throw CocoaError(.fileWriteUnknown) }
    port = UInt16(bigEndian: address.sin_port)
    let log = log
    let thread = Thread {
      // Closed by the one who waits on it: its number would be the next server's while this thread still accepts.
      defer { close(listener) }
      while true {
        let connection = accept(listener, nil, nil)
        guard connection >= 0 else { return }
        Thread.detachNewThread {
          defer { close(connection) }
          guard let request = Self.read(connection) else { return }
          log.requests.withLock { $0.append(request) }
          Self.send(answer(request), to: connection)
        }
      }
    }
    thread.start()
  }

  deinit { shutdown(listener, Int32(SHUT_RDWR)) }

  private static func read(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 4096)
    while !String(decoding: bytes, as: UTF8.self).contains("\r\n\r\n") {
      let count = recv(connection, &block, block.count, 0)
      guard count > 0, bytes.count < 1 << 16 else { return nil }
      bytes += block.prefix(count)
    }
    let lines = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n")
    let words = lines[0].split(separator: " ")
    guard words.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] = line[line.index(after: colon)...]
        .trimmingCharacters(in: .whitespaces)
    }
    return Request(path: String(words[1]), headers: headers)
  }

  private static func send(_ answer: Answer, to connection: Int32) {
    var head = "HTTP/1.1 \(answer.status) answer\r\nConnection: close\r\n"
    head += "Content-Length: \(answer.announced ?? answer.body.count)\r\n"
    for (name, value) in answer.headers { head += "\(name): \(value)\r\n" }
    send(Data((head + "\r\n").utf8), to: connection)
    if answer.pause > 0 { Thread.sleep(forTimeInterval: answer.pause) }
    send(answer.body.prefix(answer.cut ?? answer.body.count), to: connection)
  }

  private static func send(_ data: Data, to connection: Int32) {
    data.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let count = Foundation.send(
          connection, bytes.baseAddress?.advanced(by: done), bytes.count - done,
          Int32(MSG_NOSIGNAL))
        guard count > 0 else { return }
        done += count
      }
    }
  }
}

/// A repository of a pretended hub.
package struct PretendedRepository: Sendable {
  package struct File: Sendable {
    package var path: String
    package var data: Data
    /// What the hub lists: git's hash, or SHA-256 of large files.
    package var hash: String
    package var isLarge: Bool

    package init(_ path: String, _ data: Data, hash: String, isLarge: Bool) {
      (self.path, self.data, self.hash, self.isLarge) = (path, data, hash, isLarge)
    }
  }

  package static let commit = String(repeating: "c0ffee12", count: 5)

  package var name: String
  package var files: [File]

  package init(_ name: String, _ files: [File]) { (self.name, self.files) = (name, files) }

  /// As the hub answers; `nil` for a question that is not about this repository.
  package func answer(_ request: HubServer.Request) -> HubServer.Answer? {
    let api = "/api/datasets/\(name)"
    if request.path == "\(api)/revision/main" {
      return HubServer.Answer(200, Data(#"{"id":"\#(name)","sha":"\#(Self.commit)"}"#.utf8))
    }
    if request.path == "\(api)/tree/\(Self.commit)?recursive=true" {
      let entries = files.map { file in
        let large =
          file.isLarge ? #","lfs":{"oid":"\#(file.hash)","size":\#(file.data.count)}"# : ""
        let own = file.isLarge ? String(repeating: "1", count: 40) : file.hash
        return
          #"{"type":"file","path":"\#(file.path)","size":\#(file.data.count),"oid":"\#(own)"\#(large)}"#
      }
      return HubServer.Answer(200, Data("[\(entries.joined(separator: ","))]".utf8))
    }
    return file(request).map { .file($0.data, request) }
  }

  /// The file that is asked for.
  package func file(_ request: HubServer.Request) -> File? {
    files.first { request.path == "/datasets/\(name)/resolve/\(Self.commit)/\($0.path)" }
  }
}
