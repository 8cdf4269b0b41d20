import Dispatch
import Foundation
import FoundationNetworking
import Storage
import Synchronization
import TensorFiles

/// The head of an answer.
struct HubResponse: Sendable {
  var status: Int
  /// By their names in small letters.
  var headers: [String: String]

  init(_ response: URLResponse) {
    let answer = response as? HTTPURLResponse
    status = answer?.statusCode ?? 0
    headers = [:]
    for (name, value) in answer?.allHeaderFields ?? [:] {
      headers["\(name)".lowercased()] = "\(value)"
    }
  }

  /// Bytes that follow, by its own account.
  var length: Int? {
    isEncoded ? nil : headers["content-length"].flatMap { Int($0) }
  }

  var isEncoded: Bool { !["", "identity"].contains(headers["content-encoding"] ?? "") }

  /// `bytes 5-9/10` as the first and the number of all.
  var range: (first: Int, total: Int?)? {
    let range = /bytes ([0-9]+)-[0-9]+\/([0-9]+|\*)/
    guard let match = headers["content-range"]?.wholeMatch(of: range),
      let first = Int(match.output.1)
    else { return nil }
    return (first, Int(match.output.2))
  }

  /// `"abc"`, `W/"abc"` as abc: of the file itself where the answer is about a link to it.
  var etag: String? {
    (headers["x-linked-etag"] ?? headers["etag"]).map {
      ($0.hasPrefix("W/") ? $0.dropFirst(2) : $0[...]).trimmingCharacters(in: ["\""])
    }
  }
}

/// Asks by HTTP, one question at a time.
///
/// Redirects are followed here, because the token must not follow them to another host.
struct HubTransport {
  let settings: HubSettings
  /// Called while waiting; what it throws ends the wait.
  let check: () throws -> Void

  private static let mostRedirects = 10
  /// Answers that wait to be taken up to here before the server is made to wait.
  private static let mostWaiting = 1 << 25

  /// Sends a question and hands on what comes, in the caller's thread.
  ///
  /// - Parameters:
  ///   - first: byte to begin with.
  ///   - head: looks at the answer of the last host; what it throws ends it.
  /// - Throws: `HubError`, passing where a line was cut.
  func get(
    _ url: URL, from first: Int = 0, head: (HubResponse) throws -> Void,
    body: (Data) throws -> Void
  ) throws {
    var url = url
    for _ in 0...Self.mostRedirects {
      guard let next = try ask(url, from: first, head: head, body: body) else { return }
      if url.scheme == "https", next.scheme != "https" {
        throw HubError(
          "\(words(url)) redirects to \(words(next)), which is not encrypted: not followed")
      }
      url = next
    }
    throw HubError("\(words(url)): expected at most \(Self.mostRedirects) redirects, found more")
  }

  /// - Returns: where to ask instead.
  private func ask(
    _ url: URL, from first: Int, head: (HubResponse) throws -> Void, body: (Data) throws -> Void
  ) throws -> URL? {
    var request = URLRequest(url: url, cachePolicy: .reloadIgnoringLocalCacheData)
    request.timeoutInterval = 24 * 3600
    request.setValue("exemplar/\(toolVersion)", forHTTPHeaderField: "User-Agent")
    // Sizes and ranges are of the file, not of what it compresses to.
    request.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
    if first > 0 { request.setValue("bytes=\(first)-", forHTTPHeaderField: "Range") }
    if let token = settings.token, isEndpoint(url) {
      request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
    }
    let events = HubEvents()
    let configuration = URLSessionConfiguration.ephemeral
    configuration.httpCookieStorage = nil
    configuration.urlCache = nil
    let session = URLSession(configuration: configuration, delegate: events, delegateQueue: nil)
    let task = session.dataTask(with: request)
    defer {
      task.cancel()
      session.invalidateAndCancel()
    }
    task.resume()
    var isPaused = false
    var last = ContinuousClock.now
    while true {
      try check()
      guard let event = events.next(within: .milliseconds(200)) else {
        if ContinuousClock.now - last > settings.idleLimit {
          throw HubError.passing(
            "\(words(url)): nothing came for \(settings.idleLimit.components.seconds) s")
        }
        continue
      }
      last = .now
      switch event {
      case .redirect(let response):
        guard let place = response.headers["location"],
          let next = URL(string: place, relativeTo: url)?.absoluteURL,
          ["http", "https"].contains(next.scheme), next.host() != nil
        else { throw HubError("\(words(url)): redirects to no address that can be asked") }
        return next
      case .response(let response): try head(response)
      case .data(let data):
        try body(data)
        if events.waiting > Self.mostWaiting, !isPaused {
          task.suspend()
          isPaused = true
        } else if isPaused, events.waiting < Self.mostWaiting / 4 {
          task.resume()
          isPaused = false
        }
      case .end(let reason?): throw HubError.passing("\(words(url)): \(reason)")
      case .end(nil): return nil
      }
    }
  }

  private func isEndpoint(_ url: URL) -> Bool {
    func origin(_ url: URL) -> [String] {
      let scheme = url.scheme?.lowercased() ?? ""
      return [
        scheme, url.host()?.lowercased() ?? "", "\(url.port ?? (scheme == "https" ? 443 : 80))",
      ]
    }
    return origin(url) == origin(settings.endpoint)
  }

  /// An address without what may be secret in it.
  private func words(_ url: URL) -> String {
    let port = url.port.map { ":\($0)" } ?? ""
    return TensorFileError.printable(
      "\(url.scheme ?? "")://\(url.host() ?? "")\(port)\(url.path())")
  }
}

/// What a task reports, in its order.
private final class HubEvents: NSObject, URLSessionDataDelegate, Sendable {
  enum Event: Sendable {
    case redirect(HubResponse)
    case response(HubResponse)
    case data(Data)
    case end(String?)
  }

  private struct Queue {
    var events: [Event] = []
    var next = 0
    var bytes = 0
  }

  private let queue = Mutex(Queue())
  private let count = DispatchSemaphore(value: 0)

  /// Bytes that nobody took yet.
  var waiting: Int { queue.withLock { $0.bytes } }

  func next(within limit: DispatchTimeInterval) -> Event? {
    guard count.wait(timeout: .now() + limit) == .success else { return nil }
    return queue.withLock { queue in
      let event = queue.events[queue.next]
      queue.next += 1
      if case .data(let data) = event { queue.bytes -= data.count }
      if queue.next == queue.events.count || queue.next == 256 {
        queue.events.removeFirst(queue.next)
        queue.next = 0
      }
      return event
    }
  }

  private func add(_ event: Event) {
    queue.withLock {
      if case .data(let data) = event { $0.bytes += data.count }
      $0.events.append(event)
    }
    count.signal()
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask,
    willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
    completionHandler: @escaping @Sendable (URLRequest?) -> Void
  ) {
    add(.redirect(HubResponse(response)))
    completionHandler(nil)
  }

  func urlSession(
    _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
    completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
  ) {
    add(.response(HubResponse(response)))
    completionHandler(.allow)
  }

  func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
    add(.data(data))
  }

  func urlSession(
    _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
  ) {
    add(.end(error.map { TensorFileError.printable(($0 as NSError).localizedDescription) }))
  }
}
