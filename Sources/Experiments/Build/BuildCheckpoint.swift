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
    guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) else { return }
    try hold()
    removePartial()
    do {
      for file in Set(Stage.allCases.map(\.file)).sorted() {
        guard let point = try point(in: file) else { continue }
        points[file] = point
        isResumed = true
      }
    } catch let error as StorageError where overwrite && [.exists, .damaged].contains(error.code) {
      remove()
    }
  }

  deinit {
    // A status with nothing to go on from is no checkpoint.
    if lock >= 0, !hasStages { remove() }
    release()
  }

  private var hasStages: Bool {
    Stage.allCases.contains {
      access(url.appending(path: $0.file).path(percentEncoded: false), F_OK) == 0
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

  /// Forgets everything.
  package func remove() {
    (points, isResumed) = ([:], false)
    removePartial()
    for file in Set(Stage.allCases.map(\.file)).union([BuildStatus.file]) {
      unlink(url.appending(path: file).path(percentEncoded: false))
    }
    rmdir(url.path(percentEncoded: false))
    release()
  }

  /// Removes what a process that was killed had half written.
  private func removePartial() {
    let path = url.path(percentEncoded: false)
    let found = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    for name in found where name.hasPrefix(".") && name.hasSuffix(".partial") {
      unlink(url.appending(path: name).path(percentEncoded: false))
    }
  }

  /// Keeps other processes from the folder.
  ///
  /// - Throws: `StorageError.busy`; `wrongKind` where it is none.
  private func hold() throws {
    guard lock < 0 else { return }
    lock = open(url.path(percentEncoded: false), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard lock >= 0 else {
      throw StorageError(
        .wrongKind, "expected the folder of a checkpoint: \(String(cString: strerror(errno)))",
        file: url.lastPathComponent)
    }
    // Who looks whether it is held holds it for a moment.
    for attempt in 0..<5 {
      if flock(lock, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK { return }
      if attempt < 4 { usleep(20_000) }
    }
    release()
    throw StorageError(
      .busy, "another process builds this dictionary", file: url.lastPathComponent)
  }

  private func makeFolder() throws {
    guard mkdir(url.path(percentEncoded: false), 0o777) == 0 || errno == EEXIST else {
      throw StorageError(
        .inputOutput, "cannot be created: \(String(cString: strerror(errno)))",
        file: url.lastPathComponent)
    }
    try hold()
  }

  private func release() {
    if lock >= 0 { close(lock) }
    lock = -1
  }

  // MARK: - Status

  /// Says how far the build is, at most once a second. That nobody can be told is no reason to end it.
  package func tell(_ status: @autoclosure () -> BuildStatus) {
    guard lastTold.map({ $0.duration(to: .now) >= .seconds(1) }) ?? true else { return }
    lastTold = .now
    guard (try? makeFolder()) != nil, let data = try? JSONEncoder().encode(status()) else { return }
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
    try makeFolder()
    do {
      try write(state, Header(stage: stage, batches: batches, isWhole: isWhole))
    } catch let error as TensorFileError {
      throw StorageError(.inputOutput, "\(error)", file: url.lastPathComponent)
    }
    lastSaved = .now
    cost = begun.duration(to: lastSaved)
  }

  // MARK: - Files

  private static let format = "exemplar.build.1"
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

  private func write(_ state: StateColumns, _ header: Header) throws {
    let columns = state.columns.sorted { $0.key < $1.key }
    let stream = try SafetensorsStream(
      url.appending(path: header.stage.file),
      tensors: columns.map { ($0.key, $0.value.elementType, $0.value.shape) },
      metadata: metadata(header, hash: String(repeating: "0", count: 64)))
    var hash = SHA256()
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
    guard found.metadata["format"] == Self.format else {
      throw damaged("expected a checkpoint of a build (\(Self.format)), found another file")
    }
    try check(found.metadata)
    guard let stage = found.metadata["stage"].flatMap(Stage.init), stage.file == file,
      let batches = found.metadata["batches"].flatMap({ Int($0) }), batches > 0,
      let isWhole = found.metadata["isWhole"].flatMap({ Bool($0) })
    else { throw damaged("expected the stage of a build, found none") }
    var (state, hash) = (StateColumns(), SHA256())
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

extension DictionaryBuildRequest {
  /// Everything that a build's result depends on, beside the activations.
  package var settings: BuildCheckpoint.Settings {
    var settings: BuildCheckpoint.Settings = [
      ("positions", source.positions.rawValue), ("batching", source.batching),
      ("mergeClose", "\(options.mergeClose)"), ("minimumMembers", "\(options.minimumMembers)"),
      ("saturationWindow", options.saturationWindow.map { "\($0)" } ?? "none"),
      ("sampleSeed", "\(options.seed)"), ("followsCalibration", "\(followsCalibration)"),
      ("maxTokens", maxTokens.map { "\($0)" } ?? "none"),
      ("maxDocuments", maxDocuments.map { "\($0)" } ?? "none"),
    ]
    switch calibration {
    case .percentile(let percentile, let activations):
      settings += [("percentile", "\(percentile)"), ("calibrationActivations", "\(activations)")]
    case .given(let given):
      var hash = SHA256()
      given.centre.withUnsafeBytes { hash.update($0) }
      hash.update("\(given.threshold) \(given.activationCount ?? -1) \(given.percentile ?? -1)")
      settings.append(("calibration", hash.hexDigest()))
    }
    return settings
  }
}

extension StateColumns.Column {
  fileprivate var elementType: ElementType {
    switch self {
    case .floats, .rows: .f32
    case .doubles: .f64
    case .shorts: .i32
    case .integers: .i64
    }
  }

  fileprivate var shape: [Int] {
    switch self {
    case .floats(let values): [values.count]
    case .doubles(let values): [values.count]
    case .shorts(let values): [values.count]
    case .integers(let values): [values.count]
    case .rows(let rows): [rows.count, rows.dimension]
    }
  }

  fileprivate func withBytes(_ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    switch self {
    case .floats(let values): try values.withUnsafeBytes(body)
    case .doubles(let values): try values.withUnsafeBytes(body)
    case .shorts(let values): try values.withUnsafeBytes(body)
    case .integers(let values): try values.withUnsafeBytes(body)
    case .rows(let rows): try rows.withUnsafeBufferPointer { try body(UnsafeRawBufferPointer($0)) }
    }
  }

  /// - Returns: `nil` for numbers of another kind.
  fileprivate init?(_ bytes: UnsafeRawBufferPointer, _ info: SafetensorsFile.TensorInfo) {
    func values<T: BitwiseCopyable>(_: T.Type) -> [T] {
      [T](unsafeUninitializedCapacity: bytes.count / MemoryLayout<T>.stride) { buffer, count in
        count = bytes.count / MemoryLayout<T>.stride
        UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
      }
    }
    switch (info.elementType, info.shape.count) {
    case (.f32, 1): self = .floats(values(Float.self))
    case (.f64, 1): self = .doubles(values(Double.self))
    case (.i32, 1): self = .shorts(values(Int32.self))
    case (.i64, 1): self = .integers(values(Int64.self))
    case (.f32, 2) where info.shape[1] > 0:
      self = .rows(
        DirectionRows(count: info.shape[0], dimension: info.shape[1]) {
          UnsafeMutableRawBufferPointer($0).copyMemory(from: bytes)
        })
    default: return nil
    }
  }
}
