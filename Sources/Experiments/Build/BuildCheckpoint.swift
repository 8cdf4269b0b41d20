import ExemplarPartitioning
import Foundation
import Storage
import TensorFiles

/// Where a build that a model reads for is kept as it goes, so that the same command goes on with it.
///
/// A folder beside the dictionary, `NAME.epdict.checkpoint`: what calibration found, the build as it stood after a batch,
/// and the sampled members so far, a safetensors file each that is replaced whole or not at all. It is at most about as large
/// as the dictionary, and is removed once that is written. Not for use from two threads.
package final class BuildCheckpoint {
  /// What was being done.
  enum Stage: String, Sendable, CaseIterable {
    case centre, threshold, calibrated, build, sampled

    /// A later stage of a file replaces an earlier one.
    fileprivate var file: String {
      switch self {
      case .centre, .threshold, .calibrated: "calibration.safetensors"
      case .build: "build.safetensors"
      case .sampled: "sampled.safetensors"
      }
    }

    /// Each once, by name.
    fileprivate static let files = Set(allCases.map(\.file)).sorted()
  }

  /// The end of a batch.
  struct Point {
    var stage: Stage
    /// Batches of the stage's pass that are done.
    var batches: Int
    /// Whether the pass came to its end.
    var isWhole: Bool
    var state: StateColumns
  }

  package typealias Settings = [(name: String, value: String)]

  package let url: URL
  private let settings: Settings
  private let interval: Duration
  private var points: [String: Point] = [:]
  private var lastSaved = ContinuousClock.now
  private var cost = Duration.zero
  private var status: BuildStatus?
  private var lastTold: ContinuousClock.Instant?
  /// On the folder, while it is there; ends with this process.
  private var lock: Int32 = -1

  /// Whether there was something to go on from.
  package private(set) var isResumed = false

  /// - Parameters:
  ///   - output: the dictionary.
  ///   - settings: everything that its bytes depend on.
  ///   - interval: the least time between two saves; they take a twentieth of all time at most.
  ///   - overwrite: begins anew where what is there is damaged or of other settings.
  /// - Throws: `StorageError.exists`, naming the first setting that differs with both values; `damaged`.
  package init(
    of output: URL, settings: Settings, interval: Duration = .seconds(60), overwrite: Bool
  ) throws {
    url = Self.url(of: output)
    self.settings = settings
    self.interval = interval
    try hold()
    do {
      try checkNames()
      removePartial()
      for file in Stage.files {
        guard let point = try point(in: file) else { continue }
        points[file] = point
        isResumed = true
      }
    } catch let error as StorageError where overwrite && [.exists, .damaged].contains(error.code) {
      forget()
    } catch {
      // What is in it may be others'; only an empty one goes.
      rmdir(url.path(percentEncoded: false))
      release()
      throw error
    }
  }

  /// Refuses a folder in which others keep something: what is ours in it will be replaced and removed.
  private func checkNames() throws {
    let ours = Stage.files + [BuildStatus.file]
    let path = url.path(percentEncoded: false)
    for name in try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    where !ours.contains(name) && !Self.isPartial(name) {
      throw StorageError(
        .wrongKind,
        "expected nothing but a build's checkpoint, found \(TensorFileError.printable(name)); move it away",
        file: url.lastPathComponent)
    }
    if !isKept, try BuildStatus.read(url) == nil,
      FileManager.default.fileExists(
        atPath: url.appending(path: BuildStatus.file).path(percentEncoded: false))
    {
      throw StorageError(
        .wrongKind, "expected how far a build is, found something else; move it away",
        file: "\(url.lastPathComponent)/\(BuildStatus.file)")
    }
  }

  deinit { letGo() }

  /// Whether there is something to go on from.
  package var isKept: Bool { Self.isKept(in: url) }

  static func isKept(in folder: URL) -> Bool {
    Stage.files.contains {
      access(folder.appending(path: $0).path(percentEncoded: false), F_OK) == 0
    }
  }

  private static func url(of output: URL) -> URL {
    let output = output.resolvingSymlinksInPath()
    return output.deletingLastPathComponent().appending(
      path: output.lastPathComponent + BuildStatus.suffix, directoryHint: .isDirectory)
  }

  /// What a checkpoint that lies beside a dictionary records under a name.
  package static func recorded(_ name: String, of output: URL) -> String? {
    Stage.allCases.lazy.compactMap { stage in
      try? SafetensorsFile(url(of: output).appending(path: stage.file))
        .metadata[settingPrefix + name]
    }.first
  }

  /// What was kept of a stage, which is held here no longer.
  func take(_ stage: Stage) -> Point? {
    points[stage.file]?.stage == stage ? points.removeValue(forKey: stage.file) : nil
  }

  /// Runs `body`, which reads what was kept.
  static func reading<R: ~Copyable>(_ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as StateError {
      throw StorageError(
        .damaged, "the checkpoint is damaged: \(error)", remedy: "\(.overwrite) begins anew")
    }
  }

  /// Removes all of it.
  package func remove() {
    forget()
    removeFolder()
    release()
  }

  /// Forgets everything, and keeps the place.
  private func forget() {
    (points, isResumed) = ([:], false)
    removePartial()
    for file in Stage.files {
      unlink(url.appending(path: file).path(percentEncoded: false))
    }
  }

  private func removeFolder() {
    unlink(url.appending(path: BuildStatus.file).path(percentEncoded: false))
    rmdir(url.path(percentEncoded: false))
  }

  /// Leaves the place to others. A status with nothing to go on from is no checkpoint.
  private func letGo() {
    if lock >= 0 {
      if isKept { writeStatus() } else { removeFolder() }
    }
    release()
  }

  /// Removes what a process that was killed had half written.
  private func removePartial() {
    let path = url.path(percentEncoded: false)
    let found = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in found where Self.isPartial(name) {
      unlink(url.appending(path: name).path(percentEncoded: false))
    }
  }

  /// Whether a file is called as one that is not written to its end.
  private static func isPartial(_ name: String) -> Bool {
    name.hasPrefix(".") && name.hasSuffix(".partial")
  }

  /// Makes the folder where there is none, and keeps other processes from it.
  ///
  /// - Throws: `StorageError.busy`; `inputOutput`; `wrongKind` where it is no folder.
  private func hold() throws {
    let path = url.path(percentEncoded: false)
    for _ in 0..<10 where lock < 0 {
      guard mkdir(path, 0o777) == 0 || errno == EEXIST else {
        throw StorageError(
          .inputOutput, "cannot be created: \(String(cString: strerror(errno)))",
          file: url.lastPathComponent)
      }
      lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      guard lock >= 0 else {
        // Another process removed it meanwhile.
        if errno == ENOENT { continue }
        throw StorageError(
          .wrongKind, "expected the folder of a checkpoint: \(String(cString: strerror(errno)))",
          file: url.lastPathComponent)
      }
      try waitForLock()
      var (held, there) = (stat(), stat())
      let isSame =
        fstat(lock, &held) == 0 && stat(path, &there) == 0 && held.st_ino == there.st_ino
        && held.st_dev == there.st_dev
      if !isSame { release() }
    }
    guard lock >= 0 else { throw busy }
  }

  private var busy: StorageError {
    StorageError(.busy, "another process builds this dictionary", file: url.lastPathComponent)
  }

  /// Who looks whether the folder is held holds it for a moment.
  private func waitForLock() throws {
    for attempt in 0..<5 {
      if flock(lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK { return }
      if attempt < 4 { usleep(20_000) }
    }
    release()
    throw busy
  }

  private func release() {
    if lock >= 0 { close(lock) }
    lock = -1
  }

  // MARK: - Status

  /// Says how far the build is, at most once a second, and again when something was kept. That nobody can be told is no
  /// reason to end it.
  package func tell(_ status: BuildStatus) {
    self.status = status
    guard lastTold.map({ $0.duration(to: .now) >= .seconds(1) }) ?? true else { return }
    writeStatus()
  }

  private func writeStatus() {
    lastTold = .now
    guard let status, let data = try? JSONEncoder().encode(status) else { return }
    // Not synced: after a crash of the machine it is out of date in any case.
    let partial = url.appending(path: ".status.partial")
    guard (try? data.write(to: partial)) != nil else { return }
    rename(
      partial.path(percentEncoded: false),
      url.appending(path: BuildStatus.file).path(percentEncoded: false))
  }

  // MARK: - Saving

  func saveIfDue(_ stage: Stage, batches: Int, _ state: () -> StateColumns) throws {
    guard lastSaved.duration(to: .now) > max(interval, cost * 20) else { return }
    try save(stage, batches: batches, state())
  }

  /// Saves before an error ends the build, whose reason is more than that this failed too.
  func saveLast(_ stage: Stage, batches: Int, _ state: () -> StateColumns) {
    guard batches > 0 else { return }
    try? save(stage, batches: batches, state())
  }

  /// - Throws: `StorageError`, where the disk refuses.
  func save(_ stage: Stage, batches: Int, isWhole: Bool = false, _ state: StateColumns) throws {
    let begun = ContinuousClock.now
    do {
      try write(state, Header(stage: stage, batches: batches, isWhole: isWhole))
    } catch let error as TensorFileError {
      throw StorageError(.inputOutput, "\(error)", file: url.lastPathComponent)
    }
    lastSaved = .now
    cost = begun.duration(to: lastSaved)
    writeStatus()
  }

  // MARK: - Files

  private static let formats = "exemplar.build."
  private static let format = formats + "2"
  private static let settingPrefix = "setting."

  private struct Header {
    var stage: Stage
    var batches: Int
    var isWhole: Bool
  }

  private func metadata(_ header: Header, hash: String) -> [String: String] {
    var metadata = Dictionary(
      settings.map { (Self.settingPrefix + $0.name, $0.value) }, uniquingKeysWith: { $1 })
    metadata["format"] = Self.format
    metadata["stage"] = header.stage.rawValue
    metadata["batches"] = "\(header.batches)"
    metadata["isWhole"] = "\(header.isWhole)"
    metadata["sha256"] = hash
    return metadata
  }

  /// Begins the hash with all that is said of the state: where it stood is as much a part of it.
  private static func hash(of metadata: [String: String]) -> SHA256 {
    var hash = SHA256()
    for (name, value) in metadata.sorted(by: { $0.key < $1.key }) where name != "sha256" {
      hash.update("\(name) \(value.utf8.count)\n\(value)\n")
    }
    return hash
  }

  private func write(_ state: StateColumns, _ header: Header) throws {
    let columns = state.columns.sorted { $0.key < $1.key }
    let stream = try SafetensorsStream(
      url.appending(path: header.stage.file),
      tensors: columns.map { ($0.key, $0.value.elementType, $0.value.shape) },
      metadata: metadata(header, hash: String(repeating: "0", count: 64)))
    var hash = Self.hash(of: metadata(header, hash: ""))
    for (name, column) in columns {
      hash.update("\(name) \(column.shape)\n")
      try column.withBytes { bytes in
        hash.update(bytes)
        try stream.append(bytes, to: name)
      }
    }
    try stream.replace(metadata: metadata(header, hash: hash.hexDigest()))
    try stream.finish()
  }

  private func point(in file: String) throws -> Point? {
    let place = url.appending(path: file)
    guard FileManager.default.fileExists(atPath: place.path(percentEncoded: false)) else {
      return nil
    }
    let name = "\(url.lastPathComponent)/\(file)"
    func damaged(_ what: String) -> StorageError {
      StorageError(.damaged, what, file: name, remedy: "\(.overwrite) begins anew")
    }
    let found: SafetensorsFile
    do {
      found = try SafetensorsFile(place)
    } catch let error as TensorFileError {
      throw damaged("\(error)")
    }
    let format = found.metadata["format"] ?? ""
    guard format == Self.format else {
      guard format.hasPrefix(Self.formats) else {
        throw StorageError(
          .wrongKind, "expected a checkpoint of a build (\(Self.format)), found another file",
          file: name)
      }
      throw damaged("expected \(Self.format), found \(TensorFileError.printable(format))")
    }
    try check(found.metadata)
    guard let stage = found.metadata["stage"].flatMap(Stage.init), stage.file == file,
      let batches = found.metadata["batches"].flatMap({ Int($0) }), batches > 0,
      let isWhole = found.metadata["isWhole"].flatMap({ Bool($0) })
    else { throw damaged("expected the stage of a build, found none") }
    var (state, hash) = (StateColumns(), Self.hash(of: found.metadata))
    for name in found.tensors.keys.sorted() {
      let info = try found.info(name)
      guard let column = try found.withBytes(name, { StateColumns.Column($0, info) }) else {
        throw damaged("\(TensorFileError.printable(name)): expected numbers of a known kind")
      }
      hash.update("\(name) \(column.shape)\n")
      column.withBytes { hash.update($0) }
      state[name] = column
    }
    guard found.metadata["sha256"] == hash.hexDigest() else {
      throw damaged("was changed since it was written: its hash is another")
    }
    return Point(stage: stage, batches: batches, isWhole: isWhole, state: state)
  }

  private func check(_ metadata: [String: String]) throws {
    let there = metadata.filter { $0.key.hasPrefix(Self.settingPrefix) }
    let mine = Dictionary(
      settings.map { (Self.settingPrefix + $0.name, $0.value) }, uniquingKeysWith: { $1 })
    let names = settings.map { Self.settingPrefix + $0.name } + there.keys.sorted()
    guard let name = names.first(where: { there[$0] != mine[$0] }) else { return }
    func words(_ value: String?) -> String {
      value.map {
        TensorFileError.printable($0.split(whereSeparator: \.isNewline).joined(separator: "; "))
      } ?? "none"
    }
    throw StorageError(
      .exists,
      "holds an unfinished build of other settings: "
        + "\(TensorFileError.printable(String(name.dropFirst(Self.settingPrefix.count)))) there is "
        + "\(words(there[name])), here \(words(mine[name]))",
      file: url.lastPathComponent, remedy: "\(.overwrite) begins anew")
  }
}
