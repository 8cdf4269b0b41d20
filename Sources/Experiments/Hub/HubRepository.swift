import Foundation
import Storage
import TensorFiles

/// A file of a repository, as the hub lists it.
package struct HubFile: Sendable, Equatable {
  package var path: String
  package var bytes: Int
  package var hash: HubHash

  /// No file is larger, and the sizes of a whole listing can be added up.
  private static let mostBytes = 1 << 44

  /// Reads an entry of a repository's listing; `nil` for a folder.
  ///
  /// - Throws: `HubError`, naming the repository, for what could not be fetched.
  package static func read(_ entry: TableValue, of name: String) throws -> HubFile? {
    guard case .object(let fields) = entry, case .text(let type)? = fields["type"],
      case .text(let path)? = fields["path"]
    else { throw HubError("\(name): lists a file without a path") }
    guard type == "file" else { return nil }
    guard HubName.isPath(path) else {
      throw HubError(
        "\(name): lists the file “\(TensorFileError.printable(path))”, which would lie outside its folder"
      )
    }
    func number(_ value: TableValue?) -> Int? {
      guard case .number(let spelling)? = value, let number = Int(spelling),
        (0...mostBytes).contains(number)
      else { return nil }
      return number
    }
    var (size, hash): (Int?, HubHash?) = (number(fields["size"]), nil)
    if case .object(let large)? = fields["lfs"] {
      size = number(large["size"])
      if case .text(let text)? = large["oid"] {
        hash = HubHash(sha256: text.hasPrefix("sha256:") ? String(text.dropFirst(7)) : text)
      }
    } else if case .text(let text)? = fields["oid"] {
      hash = HubHash(git: text)
    }
    guard let size, let hash else {
      throw HubError(
        "\(name): lists \(TensorFileError.printable(path)) without a size and a hash")
    }
    return HubFile(path: path, bytes: size, hash: hash)
  }
}

/// A repository at one commit.
package struct HubRepository: Sendable, Equatable {
  package var kind: HubPlace.Kind
  /// `J-RUM/exemplar-partitioning`.
  package var name: String
  /// What was asked for: a branch, a tag or a commit.
  package var revision: String
  package var commit: String
  package var files: [HubFile]

  package init(
    kind: HubPlace.Kind, name: String, revision: String, commit: String, files: [HubFile]
  ) {
    (self.kind, self.name, self.revision) = (kind, name, revision)
    (self.commit, self.files) = (commit, files)
  }

  /// Published dictionaries, by model, layer and p.
  package var dictionaries: [PublishedFiles] {
    let byPath = Dictionary(files.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
    return files.compactMap { file in
      guard let name = PublishedName(path: file.path) else { return nil }
      let metadata = file.path.dropLast(".pkl".count) + "_metadata.json"
      return PublishedFiles(name: name, pickle: file, metadata: byPath[String(metadata)])
    }.sorted { first, second in
      (first.name.model, first.name.layer, first.name.percentile ?? 0)
        < (second.name.model, second.name.layer, second.name.percentile ?? 0)
    }
  }

  /// The dictionary that a person names.
  ///
  /// - Throws: `HubError` with those that there are, where it is none of them.
  package func dictionary(named given: String) throws -> PublishedFiles {
    let all = dictionaries
    if let file = all.first(where: { $0.pickle.path == given || $0.name.folder == given }) {
      return file
    }
    let name = PublishedName(given: given)
    if let file = all.first(where: { $0.name == name }) { return file }
    let near = all.map(\.name.description).filter { $0.hasPrefix(given + "/") }
    let shown = (near.isEmpty ? all.map(\.name.description) : near).prefix(20)
    throw HubError(
      "\(self.name): expected a dictionary as MODEL/LAYER/P, found “\(TensorFileError.printable(given))”; there is "
        + (shown.isEmpty ? "none" : shown.map(TensorFileError.printable).joined(separator: ", ")))
  }
}

/// A published dictionary: its pickle, and what says how it was made.
package struct PublishedFiles: Sendable, Equatable {
  package var name: PublishedName
  package var pickle: HubFile
  package var metadata: HubFile?
}

/// Asks a hub what there is, and fetches it.
package struct HubClient {
  let transport: HubTransport
  let settings: HubSettings
  /// Is told why a question is asked again, and when.
  let report: (String) -> Void

  /// No listing is larger.
  private static let listingLimit = 1 << 26
  private static let mostPages = 1000

  /// - Parameter check: called while waiting; what it throws ends the wait.
  /// - Throws: `HubError`, naming the variable that forbids asking.
  package init(
    _ settings: HubSettings, check: @escaping () throws -> Void = {},
    report: @escaping (String) -> Void = { _ in }
  ) throws {
    if let variable = settings.offline {
      throw HubError("\(variable) is set, so that nothing is fetched; unset it to ask the hub")
    }
    self.settings = settings
    self.report = report
    transport = HubTransport(settings: settings, check: check)
  }

  /// Lists a repository.
  package func repository(
    _ name: String, kind: HubPlace.Kind = .dataset, revision: String = "main"
  ) throws -> HubRepository {
    guard HubName.isRepository(name) else {
      throw HubError(
        "expected a repository as OWNER/NAME, found “\(TensorFileError.printable(name))”")
    }
    guard HubName.isRevision(revision) else {
      throw HubError(
        "expected a branch, a tag or a commit, found “\(TensorFileError.printable(revision))”")
    }
    let base = settings.endpoint.absoluteString + "/api/\(kind.rawValue)/\(name)"
    let (head, _) = try json(base + "/revision/" + HubName.quoted(revision), of: name)
    guard case .object(let fields) = head, case .text(let commit)? = fields["sha"],
      HubName.isCommit(commit)
    else { throw HubError("\(name): expected the commit of \(revision), found none") }
    var files: [HubFile] = []
    var next: String? = base + "/tree/\(commit)?recursive=true"
    for _ in 0..<Self.mostPages {
      guard let page = next else { break }
      let (list, link) = try json(page, of: name)
      guard case .list(let entries) = list else {
        throw HubError("\(name): expected a list of files, found \(list.kind)")
      }
      files += try entries.compactMap { try HubFile.read($0, of: name) }
      next = link
    }
    guard next == nil else { throw HubError("\(name): lists more files than can be read") }
    return HubRepository(
      kind: kind, name: name, revision: revision, commit: commit, files: files)
  }

  // MARK: - Asking

  /// - Returns: the answer, and where its next page is.
  private func json(_ address: String, of name: String) throws -> (TableValue, next: String?) {
    guard let url = URL(string: address) else {
      throw HubError("\(name): no address can be made of it")
    }
    var (bytes, link): ([UInt8], String?) = ([], nil)
    try withTries { _ in
      bytes = []
      var failed: HubResponse?
      try transport.get(url) { response in
        link = response.headers["link"]
        if response.status != 200 { failed = response }
      } body: { data in
        bytes += data
        guard bytes.count <= Self.listingLimit else {
          throw HubError("\(name): the listing is larger than \(Self.listingLimit) bytes")
        }
      }
      if let failed { throw refusal(failed, of: name) }
    }
    do {
      return (try TableValue.json(bytes[...]), try link.flatMap { try nextPage($0, name) })
    } catch let error as TensorFileError {
      throw HubError("\(name): expected JSON of the hub, found other bytes (\(error.message))")
    }
  }

  /// Of `<https://…>; rel="next"`.
  private func nextPage(_ link: String, _ name: String) throws -> String? {
    guard let match = link.firstMatch(of: /<([^>]*)>\s*;\s*rel="?next"?/) else { return nil }
    let next = String(match.output.1)
    guard next.hasPrefix(settings.endpoint.absoluteString + "/") else {
      throw HubError("\(name): its listing goes on at another host")
    }
    return next
  }

  /// Tries again after what passes, as long as something comes: `work` says how much has.
  func withTries(_ work: (_ attempt: Int) throws -> Void, progress: () -> Int = { 0 }) throws {
    var (failures, reached) = (0, progress())
    while true {
      do {
        return try work(failures)
      } catch let error as HubError where error.isPassing {
        if progress() > reached { (failures, reached) = (0, progress()) }
        failures += 1
        guard failures < settings.tries else { throw error }
        let delay = error.retryAfter ?? settings.retryDelay * (1 << (failures - 1))
        report("\(error.message); trying again in \(delay.components.seconds) s")
        try wait(delay)
      }
    }
  }

  private func wait(_ delay: Duration) throws {
    let end = ContinuousClock.now + delay
    while ContinuousClock.now < end {
      try transport.check()
      Thread.sleep(forTimeInterval: 0.05)
    }
  }

  /// The longest that a server may ask to wait.
  private static let longestWait = 300

  /// What an answer that is no file means.
  func refusal(_ response: HubResponse, of name: String, file: String? = nil) -> HubError {
    let code = response.headers["x-error-code"] ?? ""
    let said =
      response.headers["x-error-message"].map { ": " + TensorFileError.printable($0) } ?? ""
    let place = file.map { "\(name): \(TensorFileError.printable($0))" } ?? name
    let isSignedIn = settings.token != nil
    let sign = "HF_TOKEN, or “hf auth login”"
    let text =
      switch response.status {
      case 401 where !isSignedIn:
        "there is no such repository, or it is private and needs a token (\(sign))"
      case 401: "the token was refused, or there is no such repository"
      case 403 where code == "GatedRepo":
        "access has to be asked for on its page first\(isSignedIn ? "" : ", and a token to be given (\(sign))")"
      case 403: "access is refused\(isSignedIn ? " to this token" : "; a token may help (\(sign))")"
      case 404 where code == "RepoNotFound" || file == nil && code != "RevisionNotFound":
        "there is no such repository"
      case 404 where code == "RevisionNotFound": "there is no such revision"
      case 404: "there is no such file"
      case 429: "the hub is asked too often"
      case 500...: "the hub cannot answer now"
      default: "expected the file, found another answer"
      }
    var error = HubError("\(place): \(text) (HTTP \(response.status)\(said))")
    error.status = response.status
    error.isPassing = response.status == 408 || response.status == 429 || response.status >= 500
    if let text = response.headers["retry-after"], let seconds = Int(text), seconds >= 0 {
      error.retryAfter = .seconds(min(seconds, Self.longestWait))
    }
    return error
  }
}
