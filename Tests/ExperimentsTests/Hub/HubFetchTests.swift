import Foundation
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Experiments

@Suite struct HubFetchTests {
  /// What the server's threads and the test look at both.
  private final class Shared<Value: Sendable>: Sendable {
    let value: Mutex<Value>
    init(_ value: Value) { self.value = Mutex(value) }
  }

  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let name = "J-RUM/exemplar-partitioning"
  /// Larger than what a socket takes at once.
  private static let pickle = Data((0..<900_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
  private static let metadata = Data(#"{"config": {"model": "m"}}"#.utf8)

  private func hash(_ data: Data, isLarge: Bool) throws -> HubHash {
    let file = folder.file(UUID().uuidString)
    try data.write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let kind =
      isLarge
      ? HubHash(sha256: String(repeating: "0", count: 64))
      : HubHash(git: String(repeating: "0", count: 40))
    return try #require(try kind?.computed(of: file))
  }

  private func repository() throws -> PretendedRepository {
    PretendedRepository(
      Self.name,
      [
        .init(
          "m_L1_p10/m_layer1.pkl", Self.pickle, hash: try hash(Self.pickle, isLarge: true).text,
          isLarge: true),
        .init(
          "m_L1_p10/m_layer1_metadata.json", Self.metadata,
          hash: try hash(Self.metadata, isLarge: false).text, isLarge: false),
        .init("README.md", Data(), hash: String(repeating: "2", count: 40), isLarge: false),
      ])
  }

  private func settings(
    _ server: HubServer, _ more: [String: String] = [:]
  ) throws -> HubSettings {
    var settings = try HubSettings(
      environment: [
        "HF_ENDPOINT": server.endpoint + "/", "HF_HOME": folder.file("hf").path, "HOME": "/nowhere",
      ].merging(more) { $1 })
    settings.retryDelay = .milliseconds(10)
    settings.idleLimit = .seconds(5)
    return settings
  }

  /// Fetches the only dictionary there is.
  private func fetch(_ settings: HubSettings, report: @escaping (String) -> Void = { _ in })
    throws -> URL
  {
    let client = try HubClient(settings, report: report)
    let listing = try client.repository(Self.name)
    let files = try listing.dictionary(named: "m/1/10")
    let urls = try client.fetch(
      [files.metadata, files.pickle].compactMap(\.self), of: listing)
    return try #require(urls.last)
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "nothing was thrown"
    } catch {
      return "\(error)"
    }
  }

  private var blobs: [String] {
    let url = folder.file("hf/hub/datasets--J-RUM--exemplar-partitioning/blobs")
    return ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted()
  }

  @Test func `a dictionary is fetched into the layout of the hub's own cache`() throws {
    let repository = try repository()
    let server = try HubServer { repository.answer($0) ?? .init(404) }
    let url = try fetch(settings(server))
    #expect(try Data(contentsOf: url) == Self.pickle)
    let root = folder.file("hf/hub/datasets--J-RUM--exemplar-partitioning")
    let link = try FileManager.default.destinationOfSymbolicLink(atPath: url.path)
    #expect(link == "../../../blobs/\(repository.files[0].hash)")
    #expect(
      url.path
        == root.path + "/snapshots/\(PretendedRepository.commit)/m_L1_p10/m_layer1.pkl")
    #expect(
      try String(contentsOf: root.appending(path: "refs/main"), encoding: .utf8)
        == PretendedRepository.commit)
    #expect(blobs == repository.files.prefix(2).map(\.hash).sorted())
    #expect(try PublishedMetadata.beside(url)?.model == "m")
    // What is there is not fetched again.
    let before = server.requests.count
    #expect(try fetch(settings(server)) == url)
    #expect(server.requests.dropFirst(before).allSatisfy { $0.path.hasPrefix("/api/") })
  }

  @Test func `a listing names every dictionary, and a name that is none says which there are`()
    throws
  {
    let repository = try repository()
    let server = try HubServer { repository.answer($0) ?? .init(404) }
    let listing = try HubClient(settings(server)).repository(Self.name)
    #expect(listing.dictionaries.map(\.name.description) == ["m/1/10"])
    #expect(listing.dictionaries[0].pickle.bytes == Self.pickle.count)
    #expect(message { _ = try listing.dictionary(named: "m/2/10") }.contains("m/1/10"))
  }

  @Test func `a line that is cut is gone on with where it ended`() throws {
    let repository = try repository()
    let server = try HubServer { request in
      guard var answer = repository.answer(request), request.path.hasSuffix(".pkl") else {
        return repository.answer(request) ?? .init(404)
      }
      answer.announced = answer.body.count
      answer.cut = 250_000
      return answer
    }
    #expect(try Data(contentsOf: fetch(settings(server))) == Self.pickle)
    let firsts = server.requests.filter { $0.path.hasSuffix(".pkl") }.map(\.first)
    #expect(firsts == [0, 250_000, 500_000, 750_000])
  }

  @Test func `what one call left the next goes on with`() throws {
    let repository = try repository()
    let isWhole = Shared(false)
    let server = try HubServer { request in
      guard var answer = repository.answer(request) else { return .init(404) }
      if request.path.hasSuffix(".pkl"), !isWhole.value.withLock({ $0 }) {
        answer.announced = answer.body.count
        answer.cut = request.first == 0 ? 400_000 : 0
      }
      return answer
    }
    let words = message { _ = try fetch(settings(server)) }
    #expect(words.contains("400000 of 900000") || words.contains("127.0.0.1"), "\(words)")
    #expect(blobs.contains("\(repository.files[0].hash).incomplete"))
    isWhole.value.withLock { $0 = true }
    #expect(try Data(contentsOf: fetch(settings(server))) == Self.pickle)
    #expect(server.requests.last { $0.path.hasSuffix(".pkl") }?.first == 400_000)
    #expect(!blobs.contains { $0.hasSuffix(".incomplete") })
  }

  @Test func `a server that sends all where the rest was asked for is taken at its word`() throws {
    let repository = try repository()
    let server = try HubServer { request in
      if request.path.hasSuffix(".pkl"), request.first > 0 {
        return .init(200, Self.pickle)
      }
      guard var answer = repository.answer(request) else { return .init(404) }
      if request.path.hasSuffix(".pkl") {
        answer.announced = answer.body.count
        answer.cut = 100_000
      }
      return answer
    }
    #expect(try Data(contentsOf: fetch(settings(server))) == Self.pickle)
  }

  @Test func `another file's beginning is thrown away, once`() throws {
    let repository = try repository()
    let server = try HubServer { repository.answer($0) ?? .init(404) }
    let place = folder.file(
      "hf/hub/datasets--J-RUM--exemplar-partitioning/blobs/\(repository.files[0].hash).incomplete")
    try FileManager.default.createDirectory(
      at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(repeating: 7, count: 1000).write(to: place)
    #expect(try Data(contentsOf: fetch(settings(server))) == Self.pickle)
    #expect(server.requests.filter { $0.path.hasSuffix(".pkl") }.map(\.first) == [1000, 0])
  }

  @Test func `a wrong hash is an error, and nothing of it is kept`() throws {
    let repository = try repository()
    let server = try HubServer { request in
      guard request.path.hasSuffix(".pkl") else { return repository.answer(request) ?? .init(404) }
      return .file(Data(repeating: 1, count: Self.pickle.count), request)
    }
    let words = message { _ = try fetch(settings(server)) }
    #expect(words.contains("expected the hash"), "\(words)")
    #expect(blobs == [repository.files[1].hash])
    #expect(HubCacheScan(cache: folder.file("hf/hub")).dictionaries() == [])
  }

  @Test(arguments: [-1, 1, 5_000_000])
  func `a server that announces another length than it lists is refused`(_ difference: Int) throws {
    let repository = try repository()
    let server = try HubServer { request in
      guard var answer = repository.answer(request) else { return .init(404) }
      if request.path.hasSuffix(".pkl") { answer.announced = answer.body.count + difference }
      return answer
    }
    let words = message { _ = try fetch(settings(server)) }
    #expect(words.contains("announces \(900_000 + difference)"), "\(words)")
  }

  @Test func `a server that announces another hash than it lists is refused`() throws {
    let repository = try repository()
    let server = try HubServer { request in
      guard var answer = repository.answer(request) else { return .init(404) }
      answer.headers.append(("X-Linked-Etag", "\"\(String(repeating: "e", count: 64))\""))
      return answer
    }
    #expect(message { _ = try fetch(settings(server)) }.contains("announces eeee"))
  }

  @Test func `the token is for the hub, and does not follow a redirect to another host`() throws {
    let repository = try repository()
    let elsewhere = try HubServer { request in
      repository.files.first { request.path == "/cdn/\($0.hash)" }.map { .file($0.data, request) }
        ?? .init(404)
    }
    let server = try HubServer { [port = elsewhere.port] request in
      if let file = repository.file(request) {
        // By another name of the same machine: another host.
        return .init(302, headers: [("Location", "http://localhost:\(port)/cdn/\(file.hash)")])
      }
      return repository.answer(request) ?? .init(404)
    }
    let url = try fetch(settings(server, ["HF_TOKEN": "hf_secret\n"]))
    #expect(try Data(contentsOf: url) == Self.pickle)
    #expect(server.requests.allSatisfy { $0.headers["authorization"] == "Bearer hf_secret" })
    #expect(elsewhere.requests.count == 2)
    #expect(elsewhere.requests.allSatisfy { $0.headers["authorization"] == nil })
  }

  @Test func `a redirect on the same host keeps the token, and a circle ends`() throws {
    let repository = try repository()
    let server = try HubServer { request in
      if request.path.hasPrefix("/api/datasets/J-RUM/exemplar-partitioning/revision") {
        return .init(307, headers: [("Location", "/moved")])
      }
      if request.path == "/moved" {
        return .init(200, Data(#"{"sha":"\#(PretendedRepository.commit)"}"#.utf8))
      }
      if request.path.hasSuffix(".pkl") {
        return .init(302, headers: [("Location", request.path)])
      }
      return repository.answer(request) ?? .init(404)
    }
    let words = message { _ = try fetch(settings(server, ["HF_TOKEN": "t"])) }
    #expect(words.contains("redirects"), "\(words)")
    #expect(server.requests.allSatisfy { $0.headers["authorization"] == "Bearer t" })
  }

  @Test(arguments: [
    (401, "", "needs a token"), (403, "GatedRepo", "access has to be asked for"),
    (403, "", "access is refused"), (404, "RepoNotFound", "no such repository"),
    (404, "RevisionNotFound", "no such revision"), (404, "", "no such repository"),
  ])
  func `a refusal says what it means`(_ status: Int, _ code: String, _ words: String) throws {
    let server = try HubServer { _ in
      .init(status, headers: [("X-Error-Code", code), ("X-Error-Message", "no\u{1b}[2J")])
    }
    let found = message { _ = try fetch(settings(server)) }
    #expect(found.contains(words) && found.contains("HTTP \(status)"), "\(found)")
    #expect(!found.contains("\u{1b}"))
    #expect(server.requests.count == 1)
    #expect(blobs == [])
  }

  @Test func `a busy hub is asked again, and given up after some tries`() throws {
    let repository = try repository()
    let count = Shared(0)
    let server = try HubServer { request in
      let number = count.value.withLock { count in
        count += 1
        return count
      }
      if number == 1 { return .init(429, headers: [("Retry-After", "0")]) }
      if number == 2 { return .init(503) }
      return repository.answer(request) ?? .init(404)
    }
    #expect(try Data(contentsOf: fetch(settings(server))) == Self.pickle)
    let busy = try HubServer { _ in .init(429, headers: [("Retry-After", "0")]) }
    #expect(message { _ = try fetch(settings(busy)) }.contains("HTTP 429"))
    #expect(busy.requests.count == 5)
  }

  @Test(arguments: ["../../x_L1_p1/x_layer1.pkl", "/x_L1_p1/x_layer1.pkl", "a/../b.pkl"])
  func `a name that would leave the cache is refused`(_ path: String) throws {
    var repository = try repository()
    repository.files[0].path = path
    let server = try HubServer { [repository] in repository.answer($0) ?? .init(404) }
    #expect(message { _ = try fetch(settings(server)) }.contains("outside its folder"))
  }

  @Test(arguments: ["x", "../../../etc/passwd", String(repeating: "z", count: 64)])
  func `a hash that is none names no file`(_ hash: String) throws {
    var repository = try repository()
    repository.files[0].hash = hash
    let server = try HubServer { [repository] in repository.answer($0) ?? .init(404) }
    #expect(message { _ = try fetch(settings(server)) }.contains("without a size and a hash"))
  }

  @Test func `a file that the disk has no room for is not begun`() throws {
    let repository = try repository()
    let server = try HubServer { repository.answer($0) ?? .init(404) }
    let client = try HubClient(settings(server))
    let listing = try client.repository(Self.name)
    let files = try listing.dictionary(named: "m/1/10")
    let words = message {
      _ = try client.fetch([files.pickle], of: listing, room: 1 << 60)
    }
    #expect(words.contains("of disk"), "\(words)")
    #expect(server.requests.allSatisfy { $0.path.hasPrefix("/api/") })
  }

  @Test(arguments: ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
  func `offline nothing is asked, and the variable is named`(_ variable: String) throws {
    let server = try HubServer { _ in .init(404) }
    let settings = try settings(server, [variable: "1"])
    #expect(message { _ = try HubClient(settings) }.contains(variable))
    #expect(server.requests.isEmpty)
  }

  @Test func `an interrupt ends the wait, and what came is kept`() throws {
    struct Stop: Error {}
    let repository = try repository()
    let server = try HubServer { request in
      guard var answer = repository.answer(request) else { return .init(404) }
      if request.path.hasSuffix(".pkl") {
        answer.announced = answer.body.count
        answer.body = answer.body.prefix(300_000)
        answer.pause = 0.1
      }
      return answer
    }
    let isStopped = Shared(false)
    let client = try HubClient(
      settings(server), check: { if isStopped.value.withLock({ $0 }) { throw Stop() } })
    let listing = try client.repository(Self.name)
    let files = try listing.dictionary(named: "m/1/10")
    #expect(throws: Stop.self) {
      _ = try client.fetch([files.pickle], of: listing) { progress in
        if progress.done >= 300_000 { isStopped.value.withLock { $0 = true } }
      }
    }
    #expect(blobs == ["\(repository.files[0].hash).incomplete"])
  }

  @Test func `the token is that of the variables, or of the file that signing in left`() throws {
    func token(_ more: [String: String]) throws -> String? {
      try HubSettings(
        environment: ["HF_HOME": folder.file("h").path, "HOME": "/nowhere"].merging(more) { $1 }
      ).token
    }
    #expect(try token([:]) == nil)
    try FileManager.default.createDirectory(
      at: folder.file("h"), withIntermediateDirectories: true)
    try Data("hf_file\n".utf8).write(to: folder.file("h/token"))
    #expect(try token([:]) == "hf_file")
    #expect(try token(["HF_TOKEN": "hf_a"]) == "hf_a")
    #expect(try token(["HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"]) == nil)
    #expect(message { _ = try token(["HF_TOKEN": "a b"]) }.contains("HF_TOKEN"))
    #expect(
      message { _ = try HubSettings(environment: ["HF_ENDPOINT": "ftp://x"]) }
        .contains("HF_ENDPOINT"))
  }
}
