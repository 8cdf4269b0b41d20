import Foundation
import Storage
import TensorFiles

/// How far a download is.
package struct HubProgress: Sendable, Equatable {
  package var file: String
  package var done: Int
  package var total: Int
  package var bytesPerSecond: Double?

  package var secondsLeft: Double? {
    bytesPerSecond.flatMap { $0 > 0 ? Double(total - done) / $0 : nil }
  }
}

extension HubClient {
  /// Fetches files of a repository into the hub cache; what is there already is not fetched again.
  ///
  /// A file that was cut off is gone on with where it ended, by this call or the next. Its hash is compared before it
  /// takes its place.
  ///
  /// - Parameter room: bytes that will be needed on the same disk besides.
  /// - Returns: where the files are, in the order given.
  /// - Throws: `HubError`; `StorageError.full` where the disk has no room, before anything is fetched.
  package func fetch(
    _ files: [HubFile], of repository: HubRepository, room: Int = 0,
    progress: (HubProgress) -> Void = { _ in }
  ) throws -> [URL] {
    let cache = HubCache(
      root: settings.folders.cache, kind: repository.kind, repository: repository.name)
    let missing = files.filter { !cache.has($0.hash, bytes: $0.bytes) }
    let needed = missing.reduce(0) {
      $0 + max(0, $1.bytes - (Self.size(cache.incomplete($1.hash)) ?? 0))
    }
    try DiskSpace.check(for: needed + room, at: cache.root, file: repository.name)
    let urls = try files.map { file -> URL in
      try cache.prepare(file.path, commit: repository.commit, hash: file.hash)
      try cache.locked(file.hash) {
        try transport.check()
        report("another process is fetching \(TensorFileError.printable(file.path))")
      } _: {
        if !cache.has(file.hash, bytes: file.bytes) {
          try fetch(file, of: repository, cache, progress)
        }
        try cache.link(file.path, commit: repository.commit, to: file.hash)
      }
      return cache.pointer(repository.commit, file.path)
    }
    try cache.record(repository.revision, commit: repository.commit)
    return urls
  }

  private static func size(_ url: URL) -> Int? {
    var status = stat()
    guard lstat(url.path(percentEncoded: false), &status) == 0 else { return nil }
    return Int(status.st_size)
  }

  private func fetch(
    _ file: HubFile, of repository: HubRepository, _ cache: HubCache,
    _ progress: (HubProgress) -> Void
  ) throws {
    let incomplete = cache.incomplete(file.hash)
    let begun = Self.size(incomplete) ?? 0
    try receive(file, of: repository, into: incomplete, progress)
    var found = try file.hash.computed(of: incomplete, check: transport.check)
    if found != file.hash, begun > 0 {
      // What an earlier try had left was not of this file.
      unlink(incomplete.path(percentEncoded: false))
      report(
        "\(TensorFileError.printable(file.path)): what was begun is of another file; fetched anew")
      try receive(file, of: repository, into: incomplete, progress)
      found = try file.hash.computed(of: incomplete, check: transport.check)
    }
    guard found == file.hash else {
      unlink(incomplete.path(percentEncoded: false))
      throw HubError(
        "\(repository.name): \(TensorFileError.printable(file.path)): expected the hash \(file.hash.text.prefix(12))… that "
          + "the hub lists, found \(found.text.prefix(12))…: what came is not kept")
    }
    try cache.install(file.hash)
  }

  /// Fetches what a file lacks, in as many goes as it takes.
  private func receive(
    _ file: HubFile, of repository: HubRepository, into incomplete: URL,
    _ progress: (HubProgress) -> Void
  ) throws {
    let prefix = repository.kind == .dataset ? "/datasets/" : "/"
    let path = file.path.split(separator: "/").map { HubName.quoted(String($0)) }
      .joined(separator: "/")
    let address =
      settings.endpoint.absoluteString + prefix
      + "\(repository.name)/resolve/\(repository.commit)/\(path)"
    guard let url = URL(string: address) else {
      throw HubError("\(repository.name): no address can be made of it")
    }
    let sink = try HubSink(incomplete, limit: file.bytes)
    var rate = HubRate()
    try withTries { _ in
      guard sink.count < file.bytes || file.bytes == 0 else { return }
      let first = sink.count
      var failed: HubResponse?
      try transport.get(url, from: first) { response in
        guard [200, 206].contains(response.status) else {
          failed = response
          return
        }
        try check(response, file, of: repository)
        // Asked for the rest, a server may send all of it, or another part.
        let isRest = response.status == 206 && response.range?.first == first
        if first > 0, !isRest || response.isEncoded { try sink.restart() }
        if first == 0 || !isRest, response.status == 206, response.range?.first != 0 {
          throw HubError(
            "\(repository.name): \(TensorFileError.printable(file.path)): asked for byte \(first) on, the server sends another part"
          )
        }
      } body: { data in
        guard failed == nil else { return }
        guard sink.count + data.count <= file.bytes else {
          throw HubError(
            "\(repository.name): \(TensorFileError.printable(file.path)): expected \(file.bytes) bytes as the hub lists, and "
              + "more come")
        }
        try sink.write(data)
        progress(
          HubProgress(
            file: file.path, done: sink.count, total: file.bytes,
            bytesPerSecond: rate.after(sink.count)))
      }
      if let failed {
        if failed.status == 416, first > 0 {
          try sink.restart()
          throw HubError.passing("\(repository.name): the server has no such part")
        }
        throw refusal(failed, of: repository.name, file: file.path)
      }
      guard sink.count == file.bytes else {
        throw HubError.passing(
          "\(repository.name): \(TensorFileError.printable(file.path)): cut off after \(sink.count) of \(file.bytes) bytes"
        )
      }
    } progress: {
      sink.count
    }
  }

  /// Whether an answer is about the file that was listed.
  private func check(
    _ response: HubResponse, _ file: HubFile, of repository: HubRepository
  ) throws {
    let place = "\(repository.name): \(TensorFileError.printable(file.path))"
    let sizes = [
      response.headers["x-linked-size"].flatMap { Int($0) },
      response.status == 206 ? response.range?.total : response.length,
    ]
    for case let size? in sizes where size != file.bytes {
      throw HubError(
        "\(place): expected \(file.bytes) bytes as the hub lists, and the server announces \(size)")
    }
    if let etag = response.headers["x-linked-etag"].flatMap({ _ in response.etag }),
      etag != file.hash.text
    {
      throw HubError(
        "\(place): expected the hash \(file.hash.text.prefix(12))… as the hub lists, and the server announces "
          + TensorFileError.printable(String(etag.prefix(12))) + "…")
    }
  }
}

/// A file that grows by what comes.
private final class HubSink {
  private let descriptor: Int32
  private let name: String
  private(set) var count: Int

  /// - Parameter limit: what is longer than that is begun anew.
  init(_ url: URL, limit: Int) throws {
    name = url.lastPathComponent
    // Not through a link that somebody put there.
    descriptor = open(
      url.path(percentEncoded: false), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else {
      throw StorageError(.readOnly, "cannot be written in the hub cache", file: name)
    }
    var status = stat()
    fstat(descriptor, &status)
    count = Int(status.st_size)
    if count > limit { try restart() }
  }

  deinit { close(descriptor) }

  func restart() throws {
    guard ftruncate(descriptor, 0) == 0 else { throw failure() }
    count = 0
  }

  func write(_ data: Data) throws {
    try data.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let written = pwrite(
          descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, count)
        guard written > 0 else {
          if errno == EINTR { continue }
          throw failure()
        }
        done += written
        count += written
      }
    }
  }

  private func failure() -> StorageError {
    errno == ENOSPC || errno == EDQUOT
      ? StorageError(.full, "the disk is full; what came is kept, and gone on with", file: name)
      : StorageError(.inputOutput, String(cString: strerror(errno)), file: name)
  }
}

/// Bytes a second over the last few seconds.
private struct HubRate {
  private var marks: [(time: ContinuousClock.Instant, bytes: Int)] = []
  private static let window = Duration.seconds(5)
  private static let step = Duration.milliseconds(200)

  mutating func after(_ bytes: Int) -> Double? {
    let now = ContinuousClock.now
    if marks.last.map({ now - $0.time >= Self.step }) ?? true { marks.append((now, bytes)) }
    while marks.count > 2, now - marks[0].time > Self.window { marks.removeFirst() }
    guard let first = marks.first, bytes > first.bytes else { return nil }
    let elapsed = (now - first.time) / .seconds(1)
    return elapsed > 0.1 ? Double(bytes - first.bytes) / elapsed : nil
  }
}
