import ExemplarPartitioning
import Foundation
import TensorFiles

/// What the reference's build script writes beside a pickle: `NAME_metadata.json` of `NAME.pkl`.
///
/// `discovery_config` holds what the dictionary depends on, `config` every option of the run, `discovery` what came of
/// it. What both of the first two hold must be the same.
package struct PublishedMetadata: Sendable, Equatable {
  /// The name of the file.
  package var file: String
  package var hash: String

  package var model: String?
  package var modelShort: String?
  package var layer: Int?
  /// As in TransformerLens. `null` in the file stands for the residual stream after `layer`.
  package var hook: String?
  package var percentile: Double?
  package var seed: UInt64?
  package var contextLength: Int?
  /// Prompts in a batch.
  package var batchSize: Int?
  package var maxTokens: Int?
  package var calibrationTokens: Int?
  package var sampling: String?
  /// `per-position` or `final-position`.
  package var extractor: String?
  package var mergeClose: Bool?
  package var logCadence: Int?

  package var regions: Int?
  package var activations: Int?
  package var threshold: Double?
  package var saturated: Bool?
  package var prompts: Int?
  package var tokens: Int?
  package var growth: [GrowthPoint] = []

  /// Where the metadata of a pickle is; the link's own neighbour, where it is one.
  package static func place(of pickle: URL) -> URL {
    let stem = pickle.deletingPathExtension().lastPathComponent
    return pickle.deletingLastPathComponent().appending(path: "\(stem)_metadata.json")
  }

  /// `nil` where none lies beside the pickle.
  ///
  /// - Throws: `damaged`, naming the file and what is wrong in it; `missing` where it is a link to nothing.
  package static func beside(_ pickle: URL) throws -> PublishedMetadata? {
    let url = place(of: pickle)
    var status = stat()
    guard lstat(url.path(percentEncoded: false), &status) == 0 else { return nil }
    return try PublishedMetadata(url)
  }

  package init(_ url: URL) throws {
    file = url.lastPathComponent
    let data: Data
    do {
      data = try OrdinaryFile.data(url)
    } catch let error as TensorFileError where error.code == .missing {
      throw StorageError(
        .missing, "is a link to a file that is not there: half downloaded, or removed since",
        file: file)
    }
    let bytes = [UInt8](data)
    var digest = SHA256()
    digest.update(bytes)
    hash = digest.hexDigest()
    let root: TableValue
    do {
      root = try TableValue.json(bytes[...])
    } catch let error as TensorFileError {
      throw StorageError(
        .damaged, "expected JSON: \(error.message) (at byte \(error.byteOffset ?? 0))", file: file)
    }
    try read(MetadataReader(root: root, file: file))
  }

  private mutating func read(_ reader: MetadataReader) throws {
    let config = try reader.section("config")
    let discoveryConfig = try reader.section("discovery_config")
    guard config != nil || discoveryConfig != nil else {
      throw reader.damaged("expected config or discovery_config, found neither")
    }
    let sections = [discoveryConfig, config].compactMap(\.self)
    /// Of both, where both say it: the script writes the same options into both, so that `null` in one alone is
    /// another answer than a value in the other.
    func of<Value: Equatable>(
      _ key: String, _ convert: (MetadataReader.Section, String) throws -> Value?
    ) throws -> Value? {
      let said = try sections.filter { $0.fields[key] != nil }.map {
        ($0.name, try convert($0, key))
      }
      if let first = said.first, let other = said.dropFirst().first, first.1 != other.1 {
        throw reader.disagreement(key, said.map { ($0.0, $0.1.map { "\($0)" } ?? "null") })
      }
      return said.lazy.compactMap(\.1).first
    }
    model = try of("model") { try $0.text($1) }
    modelShort = try of("model_short") { try $0.text($1) }
    layer = try of("layer") { try $0.count($1) }
    try readHook(sections, reader)
    percentile = try of("percentile") { try $0.number($1) }
    if let percentile, !(percentile > 0 && percentile < 100) {
      throw reader.damaged("percentile: expected a number in (0, 100), found \(percentile)")
    }
    seed = try of("seed") { try $0.count($1) }.map(UInt64.init)
    contextLength = try of("context_length") { try $0.count($1, from: 1) }
    batchSize = try of("model_batch_size") { try $0.count($1, from: 1) }
    // 0 is no limit in the script.
    maxTokens = try of("max_tokens") { try $0.count($1) }
    _ = try of("max_prompts") { try $0.count($1) }
    calibrationTokens = try of("calibration_tokens") { try $0.count($1, from: 1) }
    sampling = try of("sampling_mode") { try $0.text($1, oneOf: ["full", "fixed", "random"]) }
    extractor = try of("extractor") {
      try $0.text($1, oneOf: ["per-position", "final-position"])
    }
    mergeClose = try of("merge_close") { try $0.bool($1) }
    logCadence = try of("log_cadence") { try $0.count($1, from: 1) }
    (prompts, tokens) = (try reader.root.count("n_prompts"), try reader.root.count("n_tokens"))
    guard let discovery = try reader.section("discovery") else { return }
    regions = try discovery.count("n_partitions")
    activations = try discovery.count("n_activations")
    threshold = try discovery.number("threshold")
    saturated = try discovery.bool("saturated")
    growth = try discovery.list("snapshots").enumerated().map { index, value in
      let snapshot = try reader.section(value, "discovery.snapshots[\(index)]")
      func needed<Value>(_ key: String, _ found: Value?) throws -> Value {
        guard let found else {
          throw reader.damaged("\(snapshot.name).\(key): expected a number, found nothing")
        }
        return found
      }
      let rate = try needed("new_rate", snapshot.number("new_rate"))
      guard (0...1).contains(rate) else {
        throw reader.damaged("\(snapshot.name).new_rate: expected 0 to 1, found \(rate)")
      }
      return GrowthPoint(
        activations: try needed("n_acts", snapshot.count("n_acts")),
        documents: try needed("n_prompts", snapshot.count("n_prompts")),
        regions: try needed("n_partitions", snapshot.count("n_partitions")), newRegionRate: rate)
    }
    for (index, pair) in zip(growth, growth.dropFirst()).enumerated()
    where pair.1.activations < pair.0.activations {
      throw reader.damaged(
        "discovery.snapshots[\(index + 1)].n_acts: expected \(pair.0.activations) or more, found "
          + "\(pair.1.activations)")
    }
  }

  /// A `hook_name` of `null` is the residual stream after the layer.
  private mutating func readHook(
    _ sections: [MetadataReader.Section], _ reader: MetadataReader
  ) throws {
    let usual = layer.map { "blocks.\($0).hook_resid_post" }
    let said = try sections.filter { $0.fields["hook_name"] != nil }.map {
      ($0.name, try $0.hook("hook_name"))
    }
    if let first = said.first, let other = said.dropFirst().first,
      (first.1 ?? usual) != (other.1 ?? usual)
    {
      throw reader.disagreement(
        "hook_name", said.map { ($0.0, $0.1 ?? "null\(usual.map { " (\($0))" } ?? "")") })
    }
    hook = said.lazy.compactMap(\.1).first ?? usual
  }
}

/// Reads fields of the metadata, with errors that say which.
private struct MetadataReader {
  struct Section {
    var name: String
    var fields: [String: TableValue]
    var file: String

    private func wrong(_ key: String, _ expected: String, _ found: TableValue) -> StorageError {
      var shown = found.kind
      if case .number(let spelling) = found { shown = TensorFileError.printable(spelling) }
      if case .text(let text) = found { shown = "“\(TensorFileError.printable(text))”" }
      let place = name.isEmpty ? key : "\(name).\(key)"
      return StorageError(
        .damaged, "\(place): expected \(expected), found \(shown)", file: file)
    }

    private func value<Value>(
      _ key: String, _ expected: String, _ convert: (TableValue) -> Value?
    ) throws -> Value? {
      guard let found = fields[key], found != .null else { return nil }
      guard let value = convert(found) else { throw wrong(key, expected, found) }
      return value
    }

    func text(_ key: String) throws -> String? {
      try value(key, "text") {
        if case .text(let text) = $0, !text.isEmpty { text } else { nil }
      }
    }

    func text(_ key: String, oneOf known: [String]) throws -> String? {
      try value(key, known.joined(separator: " or ")) {
        if case .text(let text) = $0, known.contains(text) { text } else { nil }
      }
    }

    func hook(_ key: String) throws -> String? {
      try value(key, "a hook's name as in TransformerLens, blocks.12.hook_resid_post") {
        if case .text(let text) = $0, HookName.isOne(text) { text } else { nil }
      }
    }

    func bool(_ key: String) throws -> Bool? {
      try value(key, "true or false") { if case .bool(let value) = $0 { value } else { nil } }
    }

    /// Numbers that NumPy made are text here: the script has JSON print by `str` what it does not know.
    private static func spelling(_ value: TableValue) -> String? {
      switch value {
      case .number(let spelling), .text(let spelling): spelling
      default: nil
      }
    }

    func number(_ key: String) throws -> Double? {
      try value(key, "a finite number") {
        Self.spelling($0).flatMap { Double($0) }.flatMap { $0.isFinite ? $0 : nil }
      }
    }

    /// A whole number that a share can be computed of; `1e6` and `12.0` are some.
    func count(_ key: String, from least: Int = 0) throws -> Int? {
      try value(key, "a whole number of \(least) or more") {
        Self.spelling($0).flatMap { Int($0) ?? Double($0).flatMap { Int(exactly: $0) } }
          .flatMap { (least...DictionaryValues.countLimit).contains($0) ? $0 : nil }
      }
    }

    func list(_ key: String) throws -> [TableValue] {
      try value(key, "a list") { if case .list(let values) = $0 { values } else { nil } } ?? []
    }
  }

  let root: Section
  let file: String

  init(root: TableValue, file: String) throws {
    guard case .object(let fields) = root else {
      throw StorageError(.damaged, "expected a JSON object, found \(root.kind)", file: file)
    }
    self.root = Section(name: "", fields: fields, file: file)
    self.file = file
  }

  /// Of two sections that say something else, each by its name.
  func disagreement(_ key: String, _ said: [(String, String)]) -> StorageError {
    let words = said.map { "\(TensorFileError.printable($0.1)) in \($0.0)" }
    return damaged("\(key) is \(words.joined(separator: ", and "))")
  }

  func damaged(_ message: String) -> StorageError { StorageError(.damaged, message, file: file) }

  func section(_ key: String) throws -> Section? {
    guard let found = root.fields[key], found != .null else { return nil }
    return try section(found, key)
  }

  func section(_ value: TableValue, _ name: String) throws -> Section {
    guard case .object(let fields) = value else {
      throw damaged("\(name): expected an object, found \(value.kind)")
    }
    return Section(name: name, fields: fields, file: file)
  }
}
